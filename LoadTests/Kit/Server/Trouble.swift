/// Why a run could not be made or not be finished, in words for the person who started it.
public struct Trouble: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}
