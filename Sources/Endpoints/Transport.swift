// How requests reach a server: a protocol, so that everything above it can do without a network.

import Foundation

/// A request to a server.
package struct HTTPRequest: Sendable, Equatable {
  package var url: String
  /// Header lines, such as `Accept: application/json`.
  package var headers: [String]
  /// Sent by POST; `nil` for a GET.
  package var body: [UInt8]?
  /// For everything together, the connection included.
  package var timeout: Duration
}

/// A server's whole answer, of any status.
package struct HTTPReply: Sendable, Equatable {
  package var status: Int
  /// By name in lower case; the last of equal names.
  package var headers: [String: String]
  package var body: [UInt8]

  package init(status: Int, headers: [String: String] = [:], body: [UInt8]) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}

/// Why there is no answer.
package struct TransportFailure: Error, Equatable {
  package enum Kind: Sendable, Equatable {
    case timedOut
    case unknownHost
    /// Refused, or no way to the host.
    case noConnection
    /// The encrypted connection: certificates and handshake.
    case tls
    /// The connection ended before the answer did.
    case cut
    /// More bytes than any answer should have.
    case tooLong
    case badURL
    /// The system lacks what requests need.
    case unavailable
    case other
  }

  package var kind: Kind
  /// In the words of the library below.
  package var reason: String

  package init(_ kind: Kind, _ reason: String) {
    self.kind = kind
    self.reason = reason
  }
}

/// Sends requests one after the other; each worker has its own.
package protocol HTTPConnection {
  func exchange(_ request: HTTPRequest) throws(TransportFailure) -> HTTPReply
}
