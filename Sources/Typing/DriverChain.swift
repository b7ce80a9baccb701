/// Several drivers, of which the first that can deliver does: `--driver a,b`.
///
/// A driver is left for the next only where it is certain that nothing of the text has been typed; one that cannot deliver in this
/// session at all is not asked again.
package final class DriverChain: Driver {
    private var drivers: [any Driver]
    private let settings: DriverSettings

    /// - Parameter drivers: at least one.
    package init(_ drivers: [any Driver], _ settings: DriverSettings) {
        self.drivers = drivers
        self.settings = settings
    }

    package func prepare() {
        drivers.first?.prepare()
    }

    package func deliver(_ text: String) throws(TypingError) {
        var failures: [TypingError] = []
        var index = 0
        while index < drivers.count {
            do throws(TypingError) {
                return try drivers[index].deliver(text)
            } catch {
                // Of the last one everything is told; so are failures after which nobody knows what arrived.
                guard error.isUntouched else { throw error }
                failures.append(error)
                if error.isLasting, drivers.count > 1 {
                    settings.note(error.message)
                    drivers.remove(at: index).finish()
                    if index < drivers.count { drivers[index].prepare() }
                } else {
                    index += 1
                }
            }
        }
        throw DriverChain.summary(failures)
    }

    package func finish() {
        for driver in drivers { driver.finish() }
    }

    /// One error for those of all drivers: it lasts if they all do.
    private static func summary(_ failures: [TypingError]) -> TypingError {
        var messages: [String] = []
        for failure in failures where !messages.contains(failure.message) { messages.append(failure.message) }
        let code = (failures.first { !$0.isLasting } ?? failures.last)?.code ?? .noDriver
        return TypingError(code, messages.joined(separator: "; "), hint: failures.compactMap(\.hint).last)
    }
}
