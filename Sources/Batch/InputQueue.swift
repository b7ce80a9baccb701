internal import Glibc
package import POSIX

/// The inputs of a batch, found while the first of them are worked on.
package final class InputQueue: Sendable {
    /// Something to work on, or to report.
    package enum Item: Sendable {
        case input(BatchInput)
        case problem(Path, Problem)
    }

    package enum Problem: Sendable {
        /// It is a folder, and folders were not asked for.
        case isFolder
        /// A folder or a list that can't be read.
        case unreadable(SystemError)
        /// Its outputs would have the name that those of another have.
        case clash(name: Path)
    }

    /// Which inputs are this process's, where several share them: the `number`th of `count`, from 1.
    package struct Shard: Sendable, Equatable {
        package let number: Int
        package let count: Int

        package init(_ number: Int, of count: Int) {
            self.number = number
            self.count = count
        }

        /// By the name of its outputs, so that an input is the same process's whatever else there is.
        func holds(_ name: Path) -> Bool {
            var stamp = Stamp()
            stamp.add(name.bytes)
            return Int(stamp.short % UInt64(count)) == number - 1
        }
    }

    /// Where inputs come from.
    package struct Sources: Sendable {
        package var named: [Path] = []
        /// A file of names; `-` is standard input.
        package var list: Path?
        package var isListNullSeparated = false
        package var isRecursive = false
        package var shard: Shard?
        /// Whether outputs go by the inputs' names, which must then differ; without their extensions where that is wanted.
        package var namesOutputs = false
        package var stripsExtensions = false
        /// Whether to look how large each file is, for who tells how much is left.
        package var measures = false

        package init() {}
    }

    private struct State {
        var items: [Item] = []
        /// Of `items`, and of all.
        var taken = 0
        var given = 0
        var found = 0
        var bytes = 0
        var isComplete = false
        var isAbandoned = false
        /// Whether the search waits until there is room.
        var isFull = false

        /// Found and not yet taken.
        var waiting: Int { items.count - taken }

        mutating func take() -> Taken {
            let item = Taken(item: items[taken], number: given)
            taken += 1
            given += 1
            if taken >= 1024 {
                items.removeFirst(taken)
                taken = 0
            }
            return item
        }
    }

    private let state = Monitor(State())

    /// Found and not yet taken, at most; then the search waits.
    private static let mostWaiting = 1 << 16

    /// Begins to look.
    ///
    /// - Parameters:
    ///   - isAudio: asked of files in folders whose names say nothing; on a thread of the queue's.
    ///   - passedOver: is told of files in folders that are no input; on the same thread.
    package init(
        _ sources: Sources, isAudio: @escaping @Sendable (Path) -> Bool,
        passedOver: @escaping @Sendable (Path, InputTree.PassedOver) -> Void = { _, _ in }
    ) throws(SystemError) {
        let finder = Finder(sources: sources, isAudio: isAudio, passedOver: passedOver)
        if sources.list == nil, !sources.isRecursive {
            // Nothing has to be looked for, and nobody takes anything before this returns.
            finder.run { add($0, mostWaiting: .max) }
            state.change { $0.isComplete = true }
            return
        }
        try Thread("finder") { [self] in
            finder.run { add($0, mostWaiting: InputQueue.mostWaiting) }
            state.change { $0.isComplete = true }
        }.detach()
    }

    private func add(_ found: Finder.Result, mostWaiting: Int) -> Bool {
        guard case .item(let item) = found else { return state.read { !$0.isAbandoned } }
        let goesOn: Bool = state.take { state in
            if state.isAbandoned { return false }
            if state.waiting >= (state.isFull ? mostWaiting / 2 : mostWaiting) {
                state.isFull = true
                return nil
            }
            state.isFull = false
            return true
        }
        guard goesOn else { return false }
        // Where all were woken for each, they would do little else.
        state.changeForOne { state in
            state.items.append(item)
            state.found += 1
            if case .input(let input) = item { state.bytes += input.size }
        }
        return true
    }

    /// Something to work on, and its place in the order of all: from 0.
    package struct Taken: Sendable {
        package let item: Item
        package let number: Int

        package var path: Path {
            switch item {
            case .input(let input): input.path
            case .problem(let path, _): path
            }
        }

        /// Bytes, where they were looked at.
        package var size: Int { if case .input(let input) = item { input.size } else { 0 } }
    }

    /// The next input, waiting for it; nil where there is none any more. For any thread.
    package func next() -> Taken? {
        let (item, hasRoom): (Taken?, Bool) = state.take { state in
            if state.isAbandoned { return (nil, false) }
            guard state.waiting > 0 else { return state.isComplete ? (nil, false) : nil }
            return (state.take(), state.isFull && state.waiting < InputQueue.mostWaiting / 2)
        }
        // The search is the only one that waits then.
        if hasRoom { state.changeForOne { _ in } }
        return item
    }

    /// Gives nothing more.
    package func abandon() {
        state.change { $0.isAbandoned = true }
    }

    /// Inputs and problems found so far, their bytes, and whether that is all.
    package var progress: (found: Int, bytes: Int, isComplete: Bool) {
        state.read { ($0.found, $0.bytes, $0.isComplete) }
    }
}

/// What looks for inputs.
private struct Finder: Sendable {
    enum Result {
        case item(InputQueue.Item)
        case passedOver
    }

    let sources: InputQueue.Sources
    let isAudio: @Sendable (Path) -> Bool
    let passedOver: @Sendable (Path, InputTree.PassedOver) -> Void

    /// - Parameter emit: false ends the search.
    func run(_ emit: (Result) -> Bool) {
        var tree = InputTree(isRecursive: sources.isRecursive, isAudio: isAudio)
        var names = NameRegister()
        func find(_ root: InputTree.Root) -> Bool {
            tree.find(root) { found in
                switch found {
                case .passedOver(let path, let reason):
                    passedOver(path, reason)
                    return emit(.passedOver)
                case .problem(let path, .isFolder): return emit(.item(.problem(path, .isFolder)))
                case .problem(let path, .system(let error)): return emit(.item(.problem(path, .unreadable(error))))
                case .input(let input): return take(input, &names, emit)
                }
            }
        }
        let isAlone = sources.named.count == 1 && sources.list == nil
        for path in sources.named where !find(isAlone ? .init(alone: path) : .init(path)) { return }
        guard let list = sources.list else { return }
        do throws(SystemError) {
            var list = try FileList(list, isNullSeparated: sources.isListNullSeparated)
            while let path = try list.next() {
                // What a list names is a file, also where it is called as standard input is.
                if !find(.init(path == Path("-") ? Path("./-") : path)) { return }
            }
        } catch {
            _ = emit(.item(.problem(list, .unreadable(error))))
        }
    }

    private func take(_ input: BatchInput, _ names: inout NameRegister, _ emit: (Result) -> Bool) -> Bool {
        var input = input
        if sources.stripsExtensions, AudioNames.areAudio(input.name) { input = input.withoutExtension }
        if sources.measures {
            var status = stat()
            if input.path.withCString({ stat($0, &status) }) == 0 { input.size = max(0, Int(status.st_size)) }
        }
        if let shard = sources.shard, !shard.holds(input.name) { return true }
        guard sources.namesOutputs else { return emit(.item(.input(input))) }
        switch names.register(input) {
        case .new: return emit(.item(.input(input)))
        case .same: return true
        case .clash: return emit(.item(.problem(input.path, .clash(name: input.name))))
        }
    }
}

extension BatchInput {
    fileprivate var withoutExtension: BatchInput {
        guard let dot = name.bytes.lastIndex(of: UInt8(ascii: ".")) else { return self }
        return BatchInput(path, name: Path(name.bytes[..<dot]))
    }
}

extension Path {
    /// The same place without what leads nowhere: `.`, and slashes that follow others.
    fileprivate var direct: Path {
        let slash = UInt8(ascii: "/")
        let isDirect =
            !bytes.starts(with: "./".utf8)
            && zip(bytes, bytes.dropFirst()).allSatisfy { before, byte in
                before != slash || (byte != slash && byte != UInt8(ascii: "."))
            }
        // Nearly all are, and there may be many.
        if isDirect { return self }
        let components = bytes.split(separator: slash).filter { !$0.elementsEqual(".".utf8) }
        return Path((bytes.first == slash ? [slash] : []) + components.joined(separator: [slash]))
    }
}

/// The names that are taken, in 24 bytes each.
private struct NameRegister {
    enum Answer {
        case new
        /// The same input was named twice.
        case same
        case clash
    }

    private var paths: [Stamp: UInt64] = [:]

    mutating func register(_ input: BatchInput) -> Answer {
        var name = Stamp()
        name.add(input.name.bytes)
        var path = Stamp()
        path.add(input.path.direct.bytes)
        let short = path.short
        guard let other = paths.updateValue(short, forKey: name) else { return .new }
        if other == short { return .same }
        paths[name] = other
        return .clash
    }
}
