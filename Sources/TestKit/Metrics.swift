/// A page of Prometheus text, read.
public struct Metrics: Sendable {
    public private(set) var series: [String: Double] = [:]

    public init(_ text: String) {
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            // The name may hold spaces inside quoted label values, the number never does.
            guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else {
                continue
            }
            series[String(line[..<space])] = value
        }
    }

    public subscript(name: String) -> Double? { series[name] }

    /// The sum over all series of that name which carry each of the labels; 0 when there is none.
    public func sum(_ name: String, _ labels: [String: String] = [:]) -> Double {
        series.reduce(0) { total, entry in
            guard entry.key == name || entry.key.hasPrefix(name + "{") else { return total }
            let matches = labels.allSatisfy { entry.key.contains(#"\#($0.key)="\#($0.value)""#) }
            return matches ? total + entry.value : total
        }
    }
}
