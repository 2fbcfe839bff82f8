// Requests over the system's libcurl.
//
// It is the client below Foundation's URLSession on Linux too, but loaded only when an endpoint is
// asked: linking FoundationNetworking brings thirty libraries into every start of the program.

import CCurl
import Foundation

/// A connection that stays open between requests to the same server.
package final class CurlConnection: HTTPConnection {
  private let handle: OpaquePointer

  /// An answer holds some kilobytes; what is far longer is none.
  package static let longestAnswer = 64 << 20

  /// - Throws: `TransportFailure.unavailable` where the system has no libcurl.
  package init() throws(TransportFailure) {
    if let reason = gar_http_load() {
      throw TransportFailure(.unavailable, String(cString: reason))
    }
    guard let handle = gar_http_open() else {
      throw TransportFailure(.unavailable, "there is no memory for a connection")
    }
    self.handle = handle
  }

  deinit { gar_http_close(handle) }

  package func exchange(_ request: HTTPRequest) throws(TransportFailure) -> HTTPReply {
    var reply = gar_http_reply()
    let outcome = withHeaders(request.headers) { headers in
      let timeout = max(1, Int(request.timeout / .milliseconds(1)))
      guard let body = request.body else {
        return gar_http_exchange(
          handle, request.url, headers, nil, 0, timeout, Self.longestAnswer, &reply)
      }
      return body.withUnsafeBytes { body in
        // An empty array may have no address, which would mean a GET.
        let start = body.baseAddress?.assumingMemoryBound(to: CChar.self)
        return gar_http_exchange(
          handle, request.url, headers, start, body.count, timeout, Self.longestAnswer, &reply)
      }
    }
    guard outcome == GAR_HTTP_DONE else {
      throw TransportFailure(Self.kind(outcome), String(cString: gar_http_reason(handle)))
    }
    let headers = bytes(reply.headers, reply.headers_length)
    return HTTPReply(
      status: reply.status, headers: headerFields(String(decoding: headers, as: UTF8.self)),
      body: bytes(reply.body, reply.body_length))
  }

  private func bytes(_ start: UnsafePointer<CChar>?, _ count: Int) -> [UInt8] {
    [UInt8](UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
  }

  private func withHeaders<Result>(
    _ headers: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
  ) -> Result {
    let copies = headers.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return (copies.map { UnsafePointer($0) } + [nil]).withUnsafeBufferPointer { lines in
      withUnsafePointer(to: UnsafePointer<CChar>?.none) { none in
        body(lines.baseAddress ?? none)
      }
    }
  }

  private static func kind(_ outcome: gar_http_outcome) -> TransportFailure.Kind {
    switch outcome {
    case GAR_HTTP_TIMED_OUT: .timedOut
    case GAR_HTTP_UNKNOWN_HOST: .unknownHost
    case GAR_HTTP_NO_CONNECTION: .noConnection
    case GAR_HTTP_TLS: .tls
    case GAR_HTTP_CUT: .cut
    case GAR_HTTP_TOO_LONG: .tooLong
    case GAR_HTTP_BAD_URL: .badURL
    default: .other
    }
  }
}

/// The fields of header lines, by name in lower case.
package func headerFields(_ lines: String) -> [String: String] {
  var fields: [String: String] = [:]
  for line in lines.split(whereSeparator: \.isNewline) {
    guard let colon = line.firstIndex(of: ":") else { continue }
    let name = line[..<colon].trimmingCharacters(in: .whitespaces).lowercased()
    fields[name] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
  }
  return fields
}
