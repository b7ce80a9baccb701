internal import Glibc
package import POSIX

/// The places in which recordings are kept: the user's store and, where that one can't be had or is full, others.
package struct PendingStores: Sendable {
    /// In the order in which they are tried; not empty.
    package let all: [PendingStore]
    /// Whether the first of them is the user's.
    package let hasUsersOwn: Bool

    /// - Parameter stores: not empty; the first is the user's own.
    package init(_ stores: [PendingStore]) {
        all = stores
        hasUsersOwn = true
    }

    /// `$XDG_STATE_HOME/vt/pending` or `~/.local/state/vt/pending`; then `vt-UID/pending` in `$TMPDIR`, `/tmp` and `/var/tmp`.
    package init(environment: (String) -> String?) {
        var folders = ["/tmp", "/var/tmp"]
        if let chosen = environment("TMPDIR"), chosen.hasPrefix("/") {
            folders = [chosen] + folders.filter { $0 != chosen }
        }
        let own = PendingStore.ofUser(environment: environment)
        all = (own.map { [$0] } ?? []) + folders.map(PendingStore.init(temporaryIn:))
        hasUsersOwn = own != nil
    }

    /// Whether a store is not the one in which the user looks first.
    package func isSecond(_ store: PendingStore) -> Bool {
        !hasUsersOwn || store.directory != all.first?.directory
    }

    /// Whether there is a recording of a name.
    func isTaken(_ id: String) -> Bool { all.contains { access($0.audioPath(id), F_OK) == 0 } }

    /// Begins a recording in the first place that takes it.
    ///
    /// - Parameter refused: folders that are not tried.
    /// - Returns: the recording, and why it is not in the first place; nil if it is.
    /// - Throws: `SystemError`: why the first place does not take it, if none does.
    func create(
        _ id: String, _ record: PendingRecord, notIn refused: [String] = []
    ) throws(SystemError) -> (recording: PendingRecording, problem: SystemError?) {
        var problem: SystemError?
        for store in all where !refused.contains(store.directory) {
            do throws(SystemError) {
                return (try store.create(id, record), problem)
            } catch {
                problem = problem ?? error
            }
        }
        throw problem ?? SystemError(code: ENOSPC, call: "write", subject: all[0].directory)
    }

    /// Takes over a recording that nobody owns, with its end where that is in another place.
    package func claim(_ id: String) throws(SystemError) -> PendingStore.Claim {
        for (number, store) in all.enumerated() {
            switch try store.claim(id) {
            case .missing: continue
            case .locked: return .locked
            case .owned(let recording):
                for other in all[(number + 1)...] {
                    guard case .owned(let end)? = try? other.claim(id), end.record?.continues != nil else { continue }
                    recording.add(end: end)
                    break
                }
                return .owned(recording)
            }
        }
        return .missing
    }

    /// Recordings, oldest first; those last in whose midst a process ended that tried them.
    ///
    /// - Parameter onProblem: is told of a place that can't be looked into.
    package func ids(onProblem: (SystemError) -> Void) -> [String] {
        var found: [String: Int] = [:]
        for store in all {
            do throws(SystemError) {
                for id in try store.ids() {
                    let record = store.readRecord(id)
                    let tries = record?.isBeingTried == true ? record?.attempts ?? 0 : 0
                    found[id] = max(found[id] ?? 0, tries)
                }
            } catch {
                onProblem(error)
            }
        }
        return found.sorted { ($0.value, $0.key) < ($1.value, $1.key) }.map(\.key)
    }

    /// The recordings of all places, oldest first.
    package func entries(onProblem: (SystemError) -> Void) -> [PendingEntry] {
        var found: [PendingEntry] = []
        for store in all {
            do throws(SystemError) {
                for entry in try store.entries() {
                    if let place = found.firstIndex(where: { $0.id == entry.id }) {
                        found[place] = found[place].with(end: entry)
                    } else {
                        found.append(entry)
                    }
                }
            } catch {
                onProblem(error)
            }
        }
        return found.sorted { $0.id < $1.id }
    }

    /// Bytes of all recordings, the failed ones too.
    package func totalSize() -> Int { all.reduce(0) { $0 + $1.totalSize() } }

    /// Removes what crashes have left.
    package func sweep() {
        for store in all { store.sweep() }
    }
}
