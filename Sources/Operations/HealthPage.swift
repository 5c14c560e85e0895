import Base
public import HTTPServer

/// What each listener of ours answers about its process: that it lives, whether it is ready, which build it is.
public enum HealthPage: Sendable, Equatable {
    case livez, readyz, version

    /// Nil for another path.
    public init?(_ path: Span<UInt8>) {
        if path.equals("/livez") {
            self = .livez
        } else if path.equals("/readyz") {
            self = .readyz
        } else if path.equals("/version") {
            self = .version
        } else {
            return nil
        }
    }

    public struct Readiness {
        public let isReady: Bool
        /// Why it is not ready.
        public let reasons: [String]
        /// What is refused or can't be done at the moment, ready or not.
        public let impaired: [String]

        public init(isReady: Bool, reasons: [String], impaired: [String]) {
            (self.isReady, self.reasons, self.impaired) = (isReady, reasons, impaired)
        }
    }

    public func render(into response: inout Response, program: String, readiness: () -> Readiness) {
        response.contentType("application/json")
        response.field("Cache-Control: no-store")
        let readiness = self == .readyz ? readiness() : nil
        if readiness?.isReady == false { response.status = 503 }
        response.body.appendJSON { json in
            json.beginObject()
            if let readiness {
                json.field("ready", readiness.isReady)
                json.array("reasons", readiness.reasons) { json, reason in json.string(reason) }
                json.array("impaired", readiness.impaired) { json, impairment in json.string(impairment) }
            } else if self == .version {
                json.field("name", program)
                json.field("version", BuildVersion.current)
                json.field("commit", BuildVersion.commit)
            } else {
                json.field("status", constant: "alive")
            }
            json.endObject()
        }
    }
}

extension JSONWriter {
    mutating func array<Element>(
        _ name: StaticString, _ elements: [Element], _ write: (inout JSONWriter, Element) -> Void
    ) {
        key(name)
        beginArray()
        for element in elements { write(&self, element) }
        endArray()
    }
}
