import Base
import Store
import Testing

@testable import HTTPServer
@testable import QueueModule

private func exchange(_ number: UInt32) -> ExchangeID {
    ExchangeID(connection: Token(slot: 0, generation: 1), number: number)
}

private func append(_ tag: UInt64, to batch: PurchaseBatch) -> Bool {
    batch.append(
        user: "u\(tag)".utf8.span, userTag: tag, quantity: 1, keyDigest: 0, ticketKeyID: 1,
        exchange: exchange(UInt32(truncatingIfNeeded: tag)))
}

@Test func `a batch takes 256 different users and says that it is full`() {
    let batch = PurchaseBatch()
    batch.begin(incarnation: 7)
    for tag in 1...256 {
        #expect(!batch.isFull)
        #expect(append(UInt64(tag) << 20, to: batch))  // the low bits alike: they meet in the table
    }
    #expect(batch.isFull && batch.count == 256)
    #expect(batch.userTags == (1...256).map { UInt64($0) << 20 })
    var users: [String] = []
    batch.admissions.forEachUser { users.append(String(utf8: $1)) }
    #expect(users == (1...256).map { "u\(UInt64($0) << 20)" })
}

@Test func `a batch takes no user twice`() {
    let batch = PurchaseBatch()
    batch.begin(incarnation: 7)
    for tag in [5, 0, 517, UInt64.max] { #expect(append(tag, to: batch)) }
    for tag in [5, 0, 517, UInt64.max] { #expect(!append(tag, to: batch)) }
    #expect(batch.count == 4 && batch.exchanges.count == 4)
}

@Test func `a batch begun anew has forgotten who was in it`() {
    let batch = PurchaseBatch()
    batch.begin(incarnation: 7)
    #expect(append(5, to: batch))
    batch.begin(incarnation: 8)
    #expect(batch.count == 0 && batch.exchanges.isEmpty && batch.incarnation == 8)
    #expect(append(5, to: batch))
}
