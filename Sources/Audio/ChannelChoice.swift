/// What becomes of several channels where one is wanted.
package enum ChannelChoice: Equatable, Sendable {
    /// All of them, mixed so that none cancels another.
    case mix
    /// One, as it is; counted from 0.
    case only(Int)
    /// One, without what it has of the others; counted from 0.
    case alone(Int)

    /// The one that is wanted; nil if all are.
    var channel: Int? {
        switch self {
        case .mix: nil
        case .only(let channel), .alone(let channel): channel
        }
    }
}
