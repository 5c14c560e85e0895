/// A result as a picture.
package struct LoadChart: Sendable {
    package let svg: String
    package init(_ result: LoadResult) { svg = "" }
}
