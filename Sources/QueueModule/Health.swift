import Base
import HTTPServer
import Store

/// What a process says of itself, on whichever listener it is asked: health, readiness, build.
final class Health {
    private let store: Store
    private let listener: StoreListener
    private let build: BuildInfo
    private var isLeaving = false
    private var troubles: [String] = []

    init(store: Store, listener: StoreListener, build: BuildInfo) {
        self.store = store
        self.listener = listener
        self.build = build
    }

    /// Polls can be answered. Where only purchases are refused, a balancer that took this process out would take its
    /// polls with it.
    var isReady: Bool { store.takesReads && listener.isFollowing && !isLeaving }

    /// Why it isn't ready, beside the store's absence.
    var ownReasons: [String] {
        (isLeaving ? ["stopping"] : [])
            + (store.isReady && !listener.isFollowing ? ["the store's messages can't be followed"] : [])
    }

    /// Not ready from now on.
    func leave() { isLeaving = true }

    /// What is wrong with all processes, for whoever asks this one whether it is ready.
    func report(troubles: [String]) { self.troubles = troubles }

    func render(_ route: PublicRoute, into response: inout Response) {
        response.contentType("application/json")
        if route == .openAPI { return response.body.append(PackageResources.openapi_json) }
        response.field("Cache-Control: no-store")
        if route == .readyz, !isReady { response.status = 503 }
        response.body.appendJSON { json in
            json.beginObject()
            switch route {
            case .livez: json.field("status", constant: "alive")
            case .version:
                json.field("name", constant: "sluice-queue")
                json.field("version", build.version)
                json.field("commit", build.commit)
            default: writeReadiness(to: &json)
            }
            json.endObject()
        }
    }

    private func writeReadiness(to json: inout JSONWriter) {
        json.field("ready", isReady)
        json.key("reasons")
        json.beginArray()
        if isLeaving { json.string("stopping") }
        if !store.isReady { json.string("store: \(store.downReason ?? "not connected yet")") }
        if store.isReady && !listener.isFollowing { json.string("store: its messages can't be followed") }
        for impairment in store.impairments where impairment.stopsReads { json.string("store: \(impairment)") }
        json.endArray()
        json.key("impaired")
        json.beginArray()
        for impairment in store.impairments { json.string("store: \(impairment)") }
        for trouble in troubles { json.string(trouble) }
        json.endArray()
    }
}

/// What `/version` says.
public struct BuildInfo: Sendable {
    public var version: String
    public var commit: String
    public init(version: String, commit: String) {
        self.version = version
        self.commit = commit
    }
}
