import Base
import Domain
import Operations
import RedisClient
import TestKit
import Testing

@testable import Store

extension Rig {
    func putWebhook(_ name: WebhookName = hook, url: String? = "https://shop.example/in", disabled: Bool? = nil) throws
        -> Store.WebhookPutOutcome
    {
        var change = Store.WebhookChange()
        (change.url, change.isDisabled) = (url, disabled)
        let birth = Store.WebhookBirth(
            secret: Secret("whsec_QUJD"), mark: "m\(name)", now: WallInstant(milliseconds: 5_000), cursor: "begin")
        return try answer { store.put(name, change, birth: birth, completion: $0) }
    }

    func view(_ name: WebhookName = hook) throws -> Store.WebhookView? {
        try answer { store.webhook(name, completion: $0) }
    }

    var sent: (webhooks: [Store.SentWebhook], term: Int64) {
        get throws { try answer { store.sentWebhooks(completion: $0) } }
    }

    func save(
        _ changes: [WebhookChanges.Change], cursor: String = "c1", of webhook: Store.SentWebhook, term: Int64
    ) throws -> Store.WebhookSave {
        var progress = WebhookProgress(cursor: cursor)
        progress.order = 9
        return try answer {
            store.save(
                WebhookChanges(changes: changes, progress: progress), of: webhook, term: term, completion: $0)
        }
    }

    func letters(areDead: Bool) throws -> [NotedEvent] {
        try answer { store.letters(of: hook, areDead: areDead, after: nil, completion: $0) }.events
            .sorted { $0.order < $1.order }
    }
}

private let hook = WebhookName("shop")!

private func letter(_ number: Int, attempts: Int = 1) -> NotedEvent {
    let event = ShopEvent(
        id: "e\(number)", lane: "i/1/\(number)", type: "sluice.ticket.sold", item: "i", sequence: Int64(number),
        body: Array("{\"a\":\"b c\\n\"}".utf8))
    return NotedEvent(
        order: Int64(number), attempts: attempts, dueAt: WallInstant(milliseconds: 7), reason: "status 500: no room",
        event: event)
}

@Test func `a webhook is made once, changed where something is given, and shown without its secrets`() throws {
    let rig = try Rig()
    #expect(try rig.putWebhook(url: nil) == .urlMissing && rig.view() == nil)
    #expect(try rig.putWebhook() == .created)
    #expect(try rig.putWebhook(url: nil, disabled: true) == .updated)
    let view = try #require(try rig.view())
    #expect(view.url == "https://shop.example/in" && view.isDisabled && view.createdAt.milliseconds == 5_000)
    #expect(view.progress.cursor == "begin" && view.pending == 0 && view.dead == 0)
    #expect(!"\(view)".contains("QUJD"))
    let webhook = try #require(try rig.sent.webhooks.first)
    #expect(webhook.secrets.exposed == ["whsec_QUJD"] && !"\(webhook)".contains("QUJD"))
    #expect(try rig.answer { rig.store.remove(hook, completion: $0) })
    #expect(try !rig.answer { rig.store.remove(hook, completion: $0) })
    #expect(try rig.sent.webhooks.isEmpty && rig.view() == nil)
    #expect(try rig.server.command("KEYS", "sluice:{ctl}:webhook*") == "")
}

@Test func `there are no more webhooks than a sender can serve`() throws {
    let rig = try Rig()
    for number in 0..<Limits.webhooks {
        #expect(try rig.putWebhook(try #require(WebhookName("w\(number)"))) == .created)
    }
    #expect(try rig.putWebhook() == .tooMany)
    #expect(try rig.putWebhook(try #require(WebhookName("w0"))) == .updated)
    #expect(try rig.sent.webhooks.count == Limits.webhooks)
}

@Test func `after a rotation both secrets sign, and the same call again gets the same secret`() throws {
    let rig = try Rig()
    _ = try rig.putWebhook()
    func rotate(_ secret: String, key: String = "") throws -> Store.WebhookRotation {
        try rig.answer {
            rig.store.rotateSecret(
                of: hook, to: Secret(secret), formerUntil: WallInstant(milliseconds: 9_000), key: key, completion: $0)
        }
    }
    guard case .rotated(let first, false) = try rotate("whsec_new", key: "k1"),
        case .rotated(let again, true) = try rotate("whsec_other", key: "k1")
    else {
        Issue.record("not rotated")
        return
    }
    #expect(first.exposed == "whsec_new" && again.exposed == "whsec_new")
    #expect(try rig.sent.webhooks.first?.secrets.exposed == ["whsec_new", "whsec_QUJD"])
    #expect(try rig.view()?.formerSecretUntil?.milliseconds == 9_000)
    _ = try rig.answer { rig.store.remove(hook, completion: $0) }
    guard case .unknown = try rotate("whsec_x") else {
        Issue.record("rotated what is not there")
        return
    }
}

@Test func `what is saved is read again, and saving it twice is saving it once`() throws {
    let rig = try Rig()
    _ = try rig.putWebhook()
    let webhook = try #require(try rig.sent.webhooks.first)
    for _ in 1...2 {
        let saved = try rig.save([.note(letter(1)), .note(letter(2)), .note(letter(3))], of: webhook, term: 0)
        #expect(saved == .done)
    }
    #expect(try rig.letters(areDead: false) == [letter(1), letter(2), letter(3)])
    let last = [
        WebhookChanges.Change.remove(id: "e1"), .giveUp(letter(2, attempts: 10)), .note(letter(3, attempts: 2)),
    ]
    for _ in 1...2 { #expect(try rig.save(last, cursor: "c2", of: webhook, term: 0) == .done) }
    #expect(try rig.letters(areDead: false) == [letter(3, attempts: 2)])
    #expect(try rig.letters(areDead: true) == [letter(2, attempts: 10)])
    let view = try #require(try rig.view())
    #expect(view.progress.cursor == "c2" && view.progress.order == 9 && view.pending == 1 && view.dead == 1)
}

@Test func `the sender of an earlier term, of another webhook, or from before a change saves nothing`() throws {
    let rig = try Rig()
    _ = try rig.putWebhook()
    let webhook = try #require(try rig.sent.webhooks.first)
    _ = try rig.raw("SET", ControlKeys.term, "5")
    #expect(try rig.save([.note(letter(1))], of: webhook, term: 4) == .fenced)
    #expect(try rig.save([], of: webhook, term: 5) == .done && rig.sent.term == 5)
    _ = try rig.putWebhook(disabled: false)
    #expect(try rig.save([.note(letter(1))], of: webhook, term: 5) == .changed)
    var other = try #require(try rig.sent.webhooks.first)
    other.mark = "another"
    #expect(try rig.save([.note(letter(1))], of: other, term: 5) == .changed)
    _ = try rig.answer { rig.store.remove(hook, completion: $0) }
    #expect(try rig.save([.note(letter(1))], of: webhook, term: 5) == .changed)
    #expect(try rig.server.command("KEYS", "sluice:{ctl}:webhook*") == "")
}

@Test func `only so many dead letters are kept, the newest`() throws {
    let rig = try Rig()
    _ = try rig.putWebhook()
    let webhook = try #require(try rig.sent.webhooks.first)
    let numbers = Array(1...(Limits.webhookDead + 10))
    for first in stride(from: 0, to: numbers.count, by: Limits.webhookChanges) {
        let slice = numbers[first..<min(numbers.count, first + Limits.webhookChanges)]
        #expect(try rig.save(slice.map { .giveUp(letter($0)) }, of: webhook, term: 0) == .done)
    }
    #expect(try rig.view()?.dead == Int64(Limits.webhookDead))
    let keys = WebhookKeys(hook)
    #expect(try rig.server.command("LLEN", keys.deadIDs) == "\(Limits.webhookDead)")
    #expect(try rig.server.command("HEXISTS", keys.dead, "e10") == "0")
    #expect(try rig.server.command("HEXISTS", keys.dead, "e11") == "1")
}

@Test func `a replay of dead letters makes them pending, one of a cursor sets it back, and the sender begins anew`()
    throws
{
    let rig = try Rig()
    _ = try rig.putWebhook()
    let webhook = try #require(try rig.sent.webhooks.first)
    #expect(try rig.save([.giveUp(letter(1)), .giveUp(letter(2))], of: webhook, term: 0) == .done)
    #expect(try rig.answer { rig.store.replayDead(of: hook, completion: $0) } == .done(taken: 2, left: 0))
    #expect(try rig.letters(areDead: true).isEmpty && rig.letters(areDead: false) == [letter(1), letter(2)])
    #expect(try rig.save([], of: webhook, term: 0) == .changed)
    #expect(try rig.answer { rig.store.replayDead(of: hook, completion: $0) } == .done(taken: 0, left: 0))
    #expect(try rig.answer { rig.store.replay(hook, after: "there", completion: $0) } == .done(taken: 0, left: 0))
    let again = try #require(try rig.sent.webhooks.first)
    #expect(again.view.progress.cursor == "there" && again.edition != webhook.edition)
    let none = try #require(WebhookName("none"))
    #expect(try rig.answer { rig.store.replayDead(of: none, completion: $0) } == .unknown)
}

@Test func `a receiver that was gone is wanted again once its address is another one, or an operator says so`() throws {
    let rig = try Rig()
    for change in [("https://b", nil), (nil, false)] as [(String?, Bool?)] {
        _ = try rig.putWebhook()
        let webhook = try #require(try rig.sent.webhooks.first)
        var progress = WebhookProgress(cursor: "c")
        (progress.isGone, progress.gaps) = (true, 2)
        let saved = try rig.answer {
            rig.store.save(WebhookChanges(changes: [], progress: progress), of: webhook, term: 0, completion: $0)
        }
        #expect(try saved == .done && rig.view()?.progress == progress)
        _ = try rig.putWebhook(url: nil, disabled: true)
        #expect(try rig.view()?.progress.isGone == true)
        _ = try rig.putWebhook(url: change.0, disabled: change.1)
        #expect(try rig.view()?.progress.isGone == false)
    }
}

@Test(arguments: ["webhooks", "webhook:shop", "webhook:shop:pending", "webhook:shop:dead", "webhook:shop:dead_ids"])
func `a key of another type fails before anything is written`(suffix: String) throws {
    let rig = try Rig()
    _ = try rig.putWebhook()
    let webhook = try #require(try rig.sent.webhooks.first)
    let key = "sluice:{ctl}:\(suffix)"
    _ = try rig.raw("DEL", key)
    _ = try rig.raw("SET", key, "x")
    func hash() throws -> String { try rig.server.command("HGETALL", "sluice:{ctl}:webhook:shop") }
    let before = try hash()
    let changes = WebhookChanges(changes: [.giveUp(letter(1))], progress: WebhookProgress(cursor: "x"))
    let savesNothing = try rig.isRefused {
        rig.store.save(changes, of: webhook, term: 0, completion: $0)
    }
    #expect(try savesNothing == (suffix != "webhooks") && (!savesNothing || hash() == before))
    let birth = Store.WebhookBirth(secret: Secret("s"), mark: "m", now: WallInstant(milliseconds: 1), cursor: "")
    let (state, putsNothing) = (
        try hash(), try rig.isRefused { rig.store.put(hook, .init(), birth: birth, completion: $0) }
    )
    #expect(try putsNothing == !suffix.contains("shop:") && (!putsNothing || hash() == state))
    #expect(try rig.server.command("TYPE", key) == "string")
}

extension Rig {
    fileprivate func isRefused<Value>(_ call: (@escaping StoreCompletion<Value>) -> Void) throws -> Bool {
        if case .refused = try failure(call) { true } else { false }
    }
}
