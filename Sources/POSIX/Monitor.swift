package import Glibc

/// State that several threads share, and can wait for: a mutex and a condition variable around it. The one lock of this project.
///
/// `Mutex` of the Synchronization module cannot be waited on; polling would cost either time or power. Where many threads meet it is
/// slow, too: whoever finds it locked spins, and keeps who has it from running. And the thread sanitizer does not see that it was handed
/// over (Swift 6.3), and takes what it protects for a race.
@safe package final class Monitor<State: ~Copyable>: @unchecked Sendable {
    // Sendable: the state is touched with the mutex held only. Neither of the two may move, hence the pointers.
    @usableFromInline var state: State
    @usableFromInline let mutex: UnsafeMutablePointer<pthread_mutex_t>
    @usableFromInline let condition: UnsafeMutablePointer<pthread_cond_t>

    package init(_ state: consuming State) {
        self.state = state
        unsafe mutex = .allocate(capacity: 1)
        unsafe condition = .allocate(capacity: 1)
        unsafe pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        // A clock that nobody sets.
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(condition, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    /// Looks at the state.
    @inlinable
    package func read<Result, Failure: Error>(
        _ body: (borrowing State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return try body(state)
    }

    /// Changes the state, and wakes every thread that waits for it.
    @inlinable
    package func change<Result, Failure: Error>(
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer {
            // In this order: who is woken finds the mutex free.
            unsafe pthread_mutex_unlock(mutex)
            unsafe pthread_cond_broadcast(condition)
        }
        return try body(&state)
    }

    /// Changes the state, and wakes one thread that waits for it: where any of them is as good as any other.
    @inlinable
    package func changeForOne<Result, Failure: Error>(
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer {
            unsafe pthread_mutex_unlock(mutex)
            unsafe pthread_cond_signal(condition)
        }
        return try body(&state)
    }

    /// Changes what nobody waits for, and wakes nobody.
    @inlinable
    package func note<Result, Failure: Error>(
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return try body(&state)
    }

    /// Waits until the condition gives something.
    ///
    /// - Parameter condition: called with the lock held, after each change; nil goes on waiting.
    @inlinable
    package func wait<Result>(until condition: (borrowing State) -> Result?) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while true {
            if let result = condition(state) { return result }
            unsafe pthread_cond_wait(self.condition, mutex)
        }
    }

    /// Waits until the condition gives something, and changes the state in the same moment. It wakes nobody.
    ///
    /// - Parameter condition: called with the lock held, after each change; nil, with the state as it was, goes on waiting.
    @inlinable
    package func take<Result>(when condition: (inout State) -> Result?) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while true {
            if let result = condition(&state) { return result }
            unsafe pthread_cond_wait(self.condition, mutex)
        }
    }

    /// Waits until the condition gives something, or the time is over.
    ///
    /// - Parameters:
    ///   - seconds: the longest wait.
    ///   - condition: as above.
    /// - Returns: nil after the time.
    package func wait<Result>(atMost seconds: Double, until condition: (borrowing State) -> Result?) -> Result? {
        var deadline = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &deadline)
        let nanoseconds = deadline.tv_nsec + Int((seconds - seconds.rounded(.down)) * 1e9)
        deadline.tv_sec += Int(seconds.rounded(.down)) + nanoseconds / 1_000_000_000
        deadline.tv_nsec = nanoseconds % 1_000_000_000
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while true {
            if let result = condition(state) { return result }
            if unsafe pthread_cond_timedwait(self.condition, mutex, &deadline) == ETIMEDOUT { return condition(state) }
        }
    }
}
