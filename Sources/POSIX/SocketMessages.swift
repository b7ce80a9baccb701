internal import CPOSIX
internal import Glibc

/// Connects to a local socket that has a path.
package func connectToLocalSocket(_ path: String) throws(SystemError) -> Descriptor {
    let number = try retrying("socket") { socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0) }
    let descriptor = Descriptor(owning: number)
    var address = sockaddr_un()
    let raw = Array(path.utf8)
    guard raw.count < MemoryLayout.size(ofValue: address.sun_path) else {
        throw SystemError(code: ENAMETOOLONG, call: "connect", subject: path)
    }
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: raw) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + raw.count + 1)
    try retrying("connect", on: path) {
        unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe connect(number, $0, length) }
        }
    }
    return descriptor
}

/// Sends bytes on a local socket, and with the first of them a copy of a descriptor. A peer that is gone is an error, no signal.
package func sendMessage(_ socket: CInt, _ message: [UInt8], _ descriptor: CInt? = nil) throws(SystemError) {
    var rest = message[...]
    var attached = descriptor ?? -1
    while !rest.isEmpty {
        let count = try retrying("sendmsg") {
            unsafe rest.withUnsafeBytes { unsafe vt_send(socket, $0.baseAddress, $0.count, attached) }
        }
        rest = rest.dropFirst(count)
        attached = -1
    }
}

/// Receives what has come on a local socket, at least one byte; none at its end.
///
/// - Returns: the bytes, and the descriptors that came with them, which are the caller's to close.
package func receiveMessage(_ socket: CInt) throws(SystemError) -> (bytes: [UInt8], descriptors: [CInt]) {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var numbers = [CInt](repeating: -1, count: 32)
    var received: CInt = 0
    let count = try retrying("recvmsg") {
        unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe numbers.withUnsafeMutableBufferPointer { list in
                unsafe vt_receive(socket, bytes.baseAddress, bytes.count, list.baseAddress, &received)
            }
        }
    }
    return (Array(buffer[..<count]), Array(numbers.prefix(Int(received))))
}
