import Foundation

extension Scenario {
    /// What is wrong with a scenario file: where, and what was expected.
    public struct Fault: Error, Equatable, CustomStringConvertible {
        public let description: String
    }

    /// Reads a scenario file's text. Every key may be left out but the arrivals; an unknown one is a fault.
    public init(json: [UInt8]) throws(Fault) {
        do {
            self = try JSONDecoder().decode(Scenario.self, from: Data(json))
        } catch let fault as Fault {
            throw fault
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
            throw Fault(description: "\(Self.path(context.codingPath)): \(context.debugDescription)")
        } catch DecodingError.keyNotFound(let key, let context) {
            throw Fault(description: "\(Self.path(context.codingPath + [key])) is missing")
        } catch DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty {
            throw Fault(description: "\(Self.path(context.codingPath)): \(context.debugDescription)")
        } catch { throw Fault(description: "not a JSON object") }
    }

    fileprivate static func path(_ path: [any CodingKey]) -> String {
        path.isEmpty ? "the file" : path.map(\.stringValue).joined(separator: ".")
    }
}

/// One object of the file, which may hold the known keys only and values within their bounds.
private struct Members {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private let members: KeyedDecodingContainer<Key>

    init(_ decoder: any Decoder, known: [String]) throws {
        members = try decoder.container(keyedBy: Key.self)
        for key in members.allKeys.sorted(by: { $0.stringValue < $1.stringValue })
        where !known.contains(key.stringValue) {
            let path = Scenario.path(members.codingPath + [key])
            throw Scenario.Fault(description: "\(path) is unknown; known are \(known.joined(separator: ", "))")
        }
    }

    func has(_ name: String) -> Bool { members.contains(Key(stringValue: name)) }

    func value<T: Decodable>(_ name: String, _ type: T.Type = T.self) throws -> T {
        try members.decode(T.self, forKey: Key(stringValue: name))
    }

    func value<T: Decodable>(_ name: String, else standard: T) throws -> T { has(name) ? try value(name) : standard }

    func number<T: Decodable & Comparable>(_ name: String, _ range: ClosedRange<T>) throws -> T {
        let number: T = try value(name)
        guard range.contains(number) else {
            let path = Scenario.path(members.codingPath + [Key(stringValue: name)])
            throw Scenario.Fault(description: "\(path) is \(range.lowerBound)...\(range.upperBound), not \(number)")
        }
        return number
    }

    func number<T: Decodable & Comparable>(_ name: String, _ range: ClosedRange<T>, else standard: T) throws -> T {
        has(name) ? try number(name, range) : standard
    }

    func optional<T: Decodable & Comparable>(_ name: String, _ range: ClosedRange<T>, else standard: T?) throws -> T? {
        has(name) ? try number(name, range) : standard
    }

    func fault(_ name: String, _ what: String) -> Scenario.Fault {
        Scenario.Fault(description: "\(Scenario.path(members.codingPath + [Key(stringValue: name)])) \(what)")
    }
}

extension Scenario: Decodable {
    public init(from decoder: any Decoder) throws {
        let file = try Members(
            decoder,
            known: [
                "name", "about", "items", "arrivals", "connections", "idle_connections", "mix", "users", "drain_s",
                "thresholds",
            ])
        self.init()
        name = try file.value("name", else: name)
        about = try file.value("about", else: about)
        items = try file.value("items", else: items)
        arrivals = try file.value("arrivals")
        connections = try file.number("connections", 1...10_000, else: connections)
        idleConnections = try file.number("idle_connections", 0...100_000, else: idleConnections)
        mix = try file.value("mix", else: mix)
        users = try file.value("users", else: users)
        drainSeconds = try file.number("drain_s", 0...600, else: drainSeconds)
        thresholds = try file.value("thresholds", else: thresholds)
    }
}

extension Scenario.Items: Decodable {
    public init(from decoder: any Decoder) throws {
        let file = try Members(decoder, known: ["count", "stock", "queue_limit", "hot_percent"])
        self.init()
        count = try file.number("count", 1...1_000, else: count)
        stock = try file.number("stock", 0...1_000_000_000, else: stock)
        queueLimit = try file.optional("queue_limit", 1...100_000_000, else: nil)
        hotPercent = try file.number("hot_percent", 0...100, else: hotPercent)
    }
}

extension Scenario.Arrivals: Decodable {
    public init(from decoder: any Decoder) throws {
        let file = try Members(decoder, known: ["process", "per_second", "seconds", "crowd", "decay_ms"])
        self.init()
        perSecond = try file.number("per_second", 0...1_000_000)
        seconds = try file.number("seconds", 0.1...86_400)
        let process: String = try file.value("process")
        guard ["constant", "poisson", "spike"].contains(process) else {
            throw file.fault("process", "is constant, poisson or spike, not \(process)")
        }
        if process == "spike" {
            shape = .spike(
                buyers: try file.number("crowd", 1...10_000_000),
                decay: Nanoseconds(Int64(try file.number("decay_ms", 1...600_000.0) * 1e6)))
            return
        }
        for name in ["crowd", "decay_ms"] where file.has(name) { throw file.fault(name, "is for a spike only") }
        shape = process == "constant" ? .constant : .poisson
    }
}

extension Scenario.Mix: Decodable {
    public init(from decoder: any Decoder) throws {
        let file = try Members(decoder, known: ["purchases", "polls", "views"])
        self.init()
        purchases = try file.number("purchases", 0...1_000, else: purchases)
        polls = try file.number("polls", 0...1_000, else: polls)
        views = try file.number("views", 0...1_000, else: views)
        guard purchases + polls + views > 0 else { throw file.fault("purchases", "and the others are all 0") }
    }
}

extension Scenario.Users: Decodable {
    public init(from decoder: any Decoder) throws {
        let file = try Members(decoder, known: ["repeat_percent", "leave_percent", "bots", "retries"])
        self.init()
        repeatPercent = try file.number("repeat_percent", 0...100, else: repeatPercent)
        leavePercent = try file.number("leave_percent", 0...100, else: leavePercent)
        bots = try file.number("bots", 0...1_000, else: bots)
        retries = try file.number("retries", 0...100, else: retries)
    }
}

extension Scenario.Thresholds: Decodable {
    public init(from decoder: any Decoder) throws {
        let file = try Members(
            decoder,
            known: [
                "p99_ms", "p999_ms", "refused_p99_ms", "accepted_per_s", "answered_per_s", "errors", "final_within_s",
            ])
        self.init()
        p99Milliseconds = try file.optional("p99_ms", 0.01...600_000, else: nil)
        p999Milliseconds = try file.optional("p999_ms", 0.01...600_000, else: nil)
        refusedP99Milliseconds = try file.optional("refused_p99_ms", 0.01...600_000, else: nil)
        acceptedPerSecond = try file.optional("accepted_per_s", 0...1_000_000, else: nil)
        answeredPerSecond = try file.optional("answered_per_s", 0...1_000_000, else: nil)
        errors = try file.optional("errors", 0...1_000_000_000, else: errors)
        finalWithinSeconds = try file.optional("final_within_s", 0...600, else: nil)
    }
}
