/// The items that `sluice-rush` and `sluice-load` made and no longer need: they close them at their end.
public enum Rehearsals {
    /// The list without them, and how many they are.
    static func without(_ items: [JSONValue]) -> (shown: [JSONValue], hidden: Int) {
        let shown = items.filter { !isDone($0) }
        return (shown, items.count - shown.count)
    }

    static func note(_ hidden: Int) -> String {
        "\(hidden) \(hidden == 1 ? "item" : "items") of rehearsals that are over: sluice item ls --all"
    }

    /// Closed or sold out, and named as those programs name their items; no purchase waits, and nothing is held.
    private static func isDone(_ item: JSONValue) -> Bool {
        guard let name = item["item"]?.string, isName(name), item["waiting"]?.integer == 0, item["held"]?.integer == 0
        else { return false }
        return ["closed", "sold_out"].contains(item["state"]?.string)
    }

    /// `rush-` or `load-`, up to eight digits of base 36, and for `load-` a number.
    private static func isName(_ name: String) -> Bool {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        guard let kind = parts.first, ["rush", "load"].contains(kind), parts.count == (kind == "rush" ? 2 : 3) else {
            return false
        }
        let isStem =
            (1...8).contains(parts[1].count) && parts[1].allSatisfy { $0.isASCII && ($0.isNumber || $0.isLowercase) }
        return isStem && (parts.count == 2 || Int(parts[2]) != nil)
    }
}
