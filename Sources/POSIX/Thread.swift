internal import CPOSIX
internal import Glibc

/// A POSIX thread that runs one closure.
///
/// Our programs are few threads around blocking calls; the concurrency runtime's pool must not be blocked.
package final class Thread: @unchecked Sendable {
    // Sendable: the handle is written once, before the value leaves init; join consumes it under the caller's care.
    private var handle = pthread_t()

    private final class Start {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - name: shown by debuggers and `ps -L`; at most 15 bytes are kept.
    ///   - body: what it runs; the thread ends with it.
    /// - Throws: `SystemError` where the system has no thread to give.
    package init(_ name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
        let start = unsafe Unmanaged.passRetained(Start(name: name, body: body))
        let code = unsafe pthread_create(
            &handle, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                unsafe vt_name_thread(String(start.name.prefix(15)))
                start.body()
                return nil
            }, unsafe start.toOpaque())
        if code != 0 {
            unsafe start.release()
            throw SystemError(code: code, call: "pthread_create", subject: name)
        }
    }

    /// Lowers the calling thread's priority, and that of what it starts from now on.
    ///
    /// - Parameter steps: of niceness (nice(1)), which Linux has for each thread by itself.
    package static func lowerPriority(by steps: CInt) {
        _ = nice(steps)
    }

    /// Waits for the end of the thread. Call it once, or call `detach` once.
    package func join() {
        pthread_join(handle, nil)
    }

    /// Lets the thread end on its own.
    package func detach() {
        pthread_detach(handle)
    }
}
