import Base
import Domain
import HTTPServer
import Store

/// Lets operators archive the books of an item, and delete it.
final class AdminRetirement {
    private let parts: EndpointParts
    private let folder: String?
    /// The item that is being archived: one at a time, since each reads all that an item has.
    private var underWay: ArchiveJob?

    /// - Parameter folder: where archives are written; nil: nowhere.
    init(_ parts: EndpointParts, folder: String?) { (self.parts, self.folder) = (parts, folder) }

    func archive(_ name: ItemName, _ request: borrowing Request, _ exchange: ExchangeID, _ caller: Caller) {
        do throws(JSONError) {
            try ItemAction.checkKey(of: request)
        } catch {
            return parts.refuse(exchange, .invalidRequest(error.description))
        }
        guard let folder else { return parts.refuse(exchange, .noArchiveFolder) }
        parts.directory.read(name) { [unowned self] result in
            switch result {
            case .failure(let failure): parts.refuse(exchange, after: failure)
            case .success(let snapshot):
                guard snapshot.isOver else { return parts.refuse(exchange, .notEnded(snapshot.counters)) }
                guard underWay == nil else { return parts.refuse(exchange, .archiveUnderWay) }
                let job = ArchiveJob(parts, of: name, snapshot, folder: folder) { [unowned self] result in
                    underWay = nil
                    archived(name, result, exchange, caller)
                }
                underWay = job
                job.start()
            }
        }
    }

    private func archived(
        _ name: ItemName, _ result: Result<ArchiveManifest, ArchiveJob.Failure>, _ exchange: ExchangeID,
        _ caller: Caller
    ) {
        switch result {
        case .failure(.store(let failure)): parts.refuse(exchange, after: failure)
        case .failure(.outdated): parts.refuse(exchange, .archiveOutdated)
        case .failure(.disk(let reason)), .failure(.differs(let reason)):
            parts.refuse(exchange, .archiveFailed(reason))
        case .success(let manifest):
            parts.audit(audit(caller, "archive", name, after: "file=\(manifest.fileName)"))
            parts.responder.respondJSON(to: exchange) { manifest.write(to: &$0) }
        }
    }

    func delete(_ name: ItemName, _ request: borrowing Request, _ exchange: ExchangeID, _ caller: Caller) {
        var isForced = false
        for part in request.withQuery({ String(utf8: $0) }).split(separator: "&") {
            guard part == "force=true" || part == "force=false" else {
                return parts.refuse(exchange, .invalidRequest("known is force, true or false"))
            }
            isForced = part == "force=true"
        }
        let keys = ItemKeys(name)
        parts.directory.read(name) { [unowned self] result in
            switch result {
            case .failure(.unknownItem):
                // An earlier call may have ended before the name was off the lists.
                parts.store.unlist(keys) { [unowned self] result in
                    if case .failure(let failure) = result { return parts.refuse(exchange, after: failure) }
                    parts.refuse(exchange, .unknownItem)
                }
            case .failure(let failure): parts.refuse(exchange, after: failure)
            case .success(let snapshot):
                delete(ItemReference(keys, incarnation: snapshot.incarnation), isForced, snapshot, exchange, caller)
            }
        }
    }

    private func delete(
        _ item: ItemReference, _ isForced: Bool, _ before: ItemSnapshot, _ exchange: ExchangeID, _ caller: Caller
    ) {
        let name = item.keys.name
        parts.store.delete(item, isForced: isForced) { [unowned self] result in
            switch result {
            case .failure(let failure):
                if failure == .outcomeUnknown { parts.audit(.uncertain(caller, "delete", name)) }
                parts.refuse(exchange, after: failure)
            case .success(.notEnded(let counters)): parts.refuse(exchange, .notEnded(counters))
            case .success(.notArchived), .success(.notYet): parts.refuse(exchange, .notArchived)
            case .success(.deleted):
                let counters = before.counters
                let words = "forced=\(isForced) sold=\(counters.sold) held=\(counters.held) waiting=\(counters.waiting)"
                parts.audit(audit(caller, "delete", name, after: words))
                // This process forgets it before it answers; the others are notified.
                parts.directory.read(name) { [unowned self] _ in  // unheard: whatever is there now is another item
                    parts.responder.respond(to: exchange) { response in
                        response.status = 204
                        response.field("Cache-Control: no-store")
                    }
                }
            }
        }
    }

    private func audit(_ caller: Caller, _ action: String, _ name: ItemName, after: String) -> AuditEntry {
        AuditEntry(
            action: action, item: name.description, who: caller.who, peer: caller.peer, before: "", after: after)
    }
}

extension ItemSnapshot {
    /// Nobody comes in, nobody waits, and no unit is held: nothing more can happen but a refund.
    var isOver: Bool {
        let closes = settings.closesAt.milliseconds
        let isClosed = settings.isClosed || closes > 0 && storeTime.milliseconds >= closes
        return isClosed && counters.waiting == 0 && counters.held == 0
    }
}
