// A web server of a few lines that answers as a test scripts it, on a free port of this machine.

import Foundation

/// What a client asked.
public struct StubRequest: Sendable {
  /// Which request this is, from 0, in the order of arrival.
  public var number: Int
  public var method: String
  public var path: String
  /// By name in lower case.
  public var headers: [String: String]
  public var body: [UInt8]

  /// A member of the JSON body.
  public func member(_ name: String) -> Any? {
    (try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])?[name]
  }
}

/// What the server does about a request.
public enum StubReply: Sendable {
  case text(String, status: Int = 200, headers: [String: String] = [:])
  /// In pieces, with Transfer-Encoding: chunked.
  case chunks([String])
  /// Promises more than it sends.
  case cut(String)
  /// Says nothing until the client has gone.
  case silence
}

/// Serves until it is released, each connection on a thread of its own.
public final class StubServer: @unchecked Sendable {
  public let port: UInt16
  private let listener: Int32
  private let answer: @Sendable (StubRequest) -> StubReply
  // The lock guards everything below it.
  private let lock = NSLock()
  private var received: [StubRequest] = []
  private var atOnce = 0
  private var most = 0

  public struct Failure: Error { public var reason: String }

  public init(_ answer: @escaping @Sendable (StubRequest) -> StubReply) throws {
    self.answer = answer
    // A client that has gone must not end the test.
    signal(SIGPIPE, SIG_IGN)
    #if canImport(Darwin)
      listener = socket(AF_INET, SOCK_STREAM, 0)
    #else
      listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    #endif
    port = try Self.bind(listener)
    let listener = self.listener
    Thread.detachNewThread { [weak self] in
      while case let client = accept(listener, nil, nil), client >= 0 {
        guard let self else {
          close(client)
          return
        }
        Thread.detachNewThread { self.serve(client) }
      }
    }
  }

  deinit {
    // Wakes the thread that waits for connections.
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  public var url: String { "http://127.0.0.1:\(port)/v1" }
  public var requests: [StubRequest] { lock.withLock { received } }
  /// The largest number of requests that were under way together.
  public var mostAtOnce: Int { lock.withLock { most } }

  /// A port that nothing listens on.
  public static func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, streamKind, 0)
    defer { close(descriptor) }
    return try bind(descriptor, listens: false)
  }

  #if canImport(Darwin)
    private static let streamKind = SOCK_STREAM
  #else
    private static let streamKind = Int32(SOCK_STREAM.rawValue)
  #endif

  /// Takes a free port of the loopback interface.
  private static func bind(_ descriptor: Int32, listens: Bool = true) throws -> UInt16 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isOpen = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { plain in
        Foundation.bind(descriptor, plain, length) == 0
          && (!listens || listen(descriptor, 64) == 0)
          && getsockname(descriptor, plain, &length) == 0
      }
    }
    guard isOpen else { throw Failure(reason: String(cString: strerror(errno))) }
    return UInt16(bigEndian: address.sin_port)
  }

  // MARK: One connection

  private func serve(_ client: Int32) {
    defer { close(client) }
    guard let request = read(client) else { return }
    lock.withLock {
      atOnce += 1
      most = max(most, atOnce)
    }
    let reply = answer(request)
    // Before the client can know of the answer and send its next request.
    lock.withLock { atOnce -= 1 }
    send(reply, to: client)
  }

  private func read(_ client: Int32) -> StubRequest? {
    var bytes: [UInt8] = []
    let blank = Array("\r\n\r\n".utf8)
    while true {
      if let end = bytes.firstRange(of: blank) {
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
          .components(separatedBy: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
          let parts = line.split(separator: ":", maxSplits: 1)
          guard parts.count == 2 else { continue }
          headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
        }
        let body = bytes[end.upperBound...]
        if body.count >= Int(headers["content-length"] ?? "0") ?? 0 {
          let words = lines[0].split(separator: " ").map(String.init)
          return lock.withLock {
            let request = StubRequest(
              number: received.count, method: words[0], path: words[1], headers: headers,
              body: Array(body))
            received.append(request)
            return request
          }
        }
      }
      guard let more = receive(client) else { return nil }
      bytes += more
      if bytes[0] == 0x16 {
        // The greeting of TLS, which this server does not speak.
        write(head(400) + "\r\n", to: client)
        return nil
      }
    }
  }

  /// `nil` when the client has gone.
  private func receive(_ client: Int32) -> [UInt8]? {
    var chunk = [UInt8](repeating: 0, count: 1 << 14)
    let count = recv(client, &chunk, chunk.count, 0)
    return count > 0 ? Array(chunk[..<count]) : nil
  }

  private func send(_ reply: StubReply, to client: Int32) {
    switch reply {
    case .text(let text, let status, let headers):
      let extra = headers.map { "\($0): \($1)\r\n" }.joined()
      write("\(head(status))\(extra)Content-Length: \(text.utf8.count)\r\n\r\n\(text)", to: client)
    case .chunks(let pieces):
      let chunks = pieces.map { "\(String($0.utf8.count, radix: 16))\r\n\($0)\r\n" }.joined()
      write("\(head(200))Transfer-Encoding: chunked\r\n\r\n\(chunks)0\r\n\r\n", to: client)
    case .cut(let text):
      write("\(head(200))Content-Length: \(text.utf8.count + 100)\r\n\r\n\(text)", to: client)
    case .silence:
      while receive(client) != nil {}
    }
  }

  private func head(_ status: Int) -> String {
    "HTTP/1.1 \(status) Status\r\nContent-Type: application/json\r\nConnection: close\r\n"
  }

  private func write(_ text: String, to client: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.send(client, $0.baseAddress, $0.count, 0) }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}
