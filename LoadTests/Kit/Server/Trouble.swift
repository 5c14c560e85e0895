/// Why a run could not be made or not be finished, in words for the person who started it.
package struct Trouble: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
