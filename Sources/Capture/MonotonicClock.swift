// Its headers declare the C library's time types again, and the compiler may take them from there.
internal import CALSA
internal import Glibc

/// The clock that the recording's time axis follows.
///
/// It stands still while the machine sleeps, and so does the recording: nobody wants eight hours of silence for a night with
/// the lid closed.
enum MonotonicClock {
    /// Nanoseconds since some moment in the past.
    static func now() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return nanoseconds(time)
    }

    static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// How many frames a span holds, rounded; 0 where it is negative.
    static func frames(in nanoseconds: Int64, rate: Int) -> Int {
        max(0, Int((Double(nanoseconds) * Double(rate) / 1e9).rounded()))
    }

    /// How long a number of frames lasts, in nanoseconds.
    static func duration(of frames: Int, rate: Int) -> Int64 {
        Int64(frames) * 1_000_000_000 / Int64(rate)
    }
}
