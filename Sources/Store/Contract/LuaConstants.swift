import Base
import Domain

// DESIGN
// A number that Swift and Lua must agree on stands once, in Swift. A file of Lua names those that it needs in a line
// `--- constants:`, and `ScriptAssembler` puts their values in; `ContractTests` find literals that bypass it.

/// The numbers and names of the contract, by the name that scripts have for them.
struct LuaConstants {
    /// Each as Lua writes it.
    static let all: [String: String] = {
        var constants = LuaConstants()
        constants.addItem()
        constants.addCodes()
        constants.addPaymentCodes()
        constants.addOperatorCodes()
        constants.addWebhooks()
        constants.addLayouts()
        constants.addBounds()
        constants.addTexts()
        return constants.literals
    }()

    private var literals: [String: String] = [:]

    private mutating func add(_ name: String, literal: String) {
        precondition(literals.updateValue(literal, forKey: name) == nil, "\(name) stands twice")
    }

    private mutating func add(_ name: String, _ number: some BinaryInteger) { add(name, literal: "\(number)") }
    private mutating func add(_ name: String, _ text: String) { add(name, literal: "'\(text)'") }

    private mutating func add<Code: RawRepresentable>(_ type: Code.Type, _ names: KeyValuePairs<String, Code>)
    where Code.RawValue: BinaryInteger {
        for (name, code) in names { add(name, code.rawValue) }
    }

    private mutating func add<Word: RawRepresentable>(_ type: Word.Type, _ names: KeyValuePairs<String, Word>)
    where Word.RawValue == String {
        for (name, word) in names { add(name, word.rawValue) }
    }

    /// The names of counters and settings in their order, as arguments; and the place of each counter in it.
    private mutating func addItem() {
        func names(_ fields: [MetaField]) -> String { fields.map { "'\($0.rawValue)'" }.joined(separator: ", ") }
        add("COUNTERS", literal: names(ItemCounters.fields))
        add("SETTINGS", literal: names(ItemSettings.fields))
        for (place, field) in ItemCounters.fields.enumerated() {
            add("\(field.rawValue.uppercased())_PLACE", place + 1)
        }
    }

    private mutating func addCodes() {
        add(
            ResultByte.self,
            [
                "RESULT_NONE": .undecided, "RESULT_SOLD": .sold, "RESULT_PROCESSING": .processing,
                "RESULT_RESERVED": .reserved, "RESULT_REJECTED": .rejected, "RESULT_EXPIRED": .expired,
                "RESULT_CANCELLED": .cancelled, "RESULT_INSUFFICIENT": .insufficientStock,
                "RESULT_IN_DOUBT": .inDoubt, "RESULT_LOST": .lost,
            ])
        add(
            LedgerKind.self,
            [
                "MOVED_SOLD": .sold, "MOVED_TAKEN": .taken, "MOVED_CONFIRMED": .confirmed, "MOVED_REFUSED": .refused,
                "MOVED_IN_DOUBT": .inDoubt, "MOVED_REVIVED": .revived, "MOVED_RESERVED": .reserved,
                "MOVED_PAID": .paid, "MOVED_EXPIRED": .expired, "MOVED_LEFT": .left, "MOVED_RETURNED": .returned,
                "MOVED_REFUNDED": .refunded, "MOVED_REFUND_DUE": .refundDue, "MOVED_LEFT_QUEUE": .leftQueue,
                "MOVED_SOLD_OUT": .soldOut, "MOVED_REOPENED": .reopened, "MOVED_CLOSED": .closed,
            ])
        add(DoneCode.self, ["DONE": .done])
        add(
            ItemRefusalCode.self,
            [
                "NO_SUCH_ITEM": .noSuchItem, "STALE_BOOT": .staleBoot, "OTHER_INCARNATION": .otherIncarnation,
            ])
        add(AdmitCode.self, ["ALL_NEW": .allNew, "EACH_ANSWERED": .eachAnswered])
        add(
            Admission.Outcome.self,
            [
                "ANSWER_ADMITTED": .admitted, "ANSWER_REPLAYED": .replayed, "ANSWER_MISMATCH": .mismatch,
                "ANSWER_LIMIT_REACHED": .limitReached, "ANSWER_CLOSED": .closed, "ANSWER_NOT_OPEN": .notOpen,
                "ANSWER_SOLD_OUT": .soldOut, "ANSWER_PAUSED": .paused, "ANSWER_QUEUE_FULL": .queueFull,
                "ANSWER_FROZEN": .frozen,
            ])
        add(
            Settlement.Outcome.self,
            [
                "OUTCOME_CONFIRMED": .confirmed, "OUTCOME_IN_DOUBT": .inDoubt,
            ])
        add(
            Settlement.Answer.self,
            [
                "ATTEMPT_REPEATED": .repeated, "ATTEMPT_SETTLED": .settled, "ATTEMPT_FENCED": .fenced,
                "ATTEMPT_UNKNOWN": .unknown,
            ])
        add(
            Store.Cancellation.self,
            [
                "CANCEL_DONE": .cancelled, "CANCEL_IN_PROGRESS": .inProgress, "CANCEL_ALREADY_FINAL": .alreadyFinal,
                "CANCEL_NO_SUCH_SEQUENCE": .unknown,
            ])
        let stops: KeyValuePairs<String, DeductStop> = [
            "STOP_LIMIT_REACHED": .limitReached, "STOP_QUEUE_EMPTY": .queueEmpty, "STOP_HEAD_WAITS": .headWaits,
            "STOP_ITEM_HALTED": .itemHalted, "STOP_ITEM_ENDED": .itemEnded,
            "STOP_NEEDS_IDLE_WORKER": .needsIdleWorker,
        ]
        for (name, stop) in stops { if let code = stop.replyCode { add(name, code) } }
    }

    private mutating func addPaymentCodes() {
        add(Payment.Outcome.self, ["PAY_PAID": .paid, "PAY_FAILED": .failed])
        add(
            Payment.Answer.self,
            [
                "PAID_SOLD": .sold, "PAID_HELD": .held, "PAID_LATE": .late, "PAID_NOT_RESERVED": .notReserved,
                "PAID_UNKNOWN": .unknown,
            ])
        add(
            RefundCode.self,
            [
                "REFUND_DONE": .done, "REFUND_BEFORE": .before, "REFUND_NOT_SOLD": .notSold,
                "REFUND_NO_SUCH_SEQUENCE": .unknown,
            ])
    }

    private mutating func addOperatorCodes() {
        add(
            Store.Resolution.self,
            [
                "RESOLVE_DONE": .done, "RESOLVE_BEFORE": .before, "RESOLVE_IN_PROGRESS": .inProgress,
                "RESOLVE_NOT_IN_DOUBT": .notInDoubt, "RESOLVE_NO_SUCH_SEQUENCE": .unknown,
            ])
        add(
            PutCode.self,
            [
                "PUT_CREATED": .created, "PUT_UPDATED": .updated, "PUT_BELOW_HELD_AND_SOLD": .belowHeldAndSold,
                "PUT_STOCK_MISSING": .stockMissing, "PUT_CHANGED_MEANWHILE": .changedMeanwhile,
                "PUT_CLOSES_TOO_EARLY": .closesTooEarly, "PUT_LOST_BEFORE": .lostBefore, "PUT_NOT_YET": .notYet,
            ])
        add(Store.Creation.self, ["CREATION_REFUSED": .refused, "CREATION_AS_NEW": .asNew])
        add(
            AlterCode.self,
            [
                "ALTER_KEY_USED": .keyUsed, "ALTER_TOO_MUCH_STOCK": .tooMuchStock,
                "ALTER_NOTHING_TO_RESUME": .nothingToResume,
            ])
        add(ArchiveCode.self, ["ARCHIVE_NOTED": .noted, "ARCHIVE_OUTDATED": .outdated])
        add(
            DeleteCode.self,
            [
                "DELETE_DONE": .done, "DELETE_GOES_ON": .goesOn, "DELETE_NOT_ENDED": .notEnded,
                "DELETE_NOT_ARCHIVED": .notArchived, "DELETE_NOT_YET": .notYet,
            ])
        add(NoteCode.self, ["NOTE_REFUSED": .refused])
        add(DurabilityCode.self, ["DURABLE": .durable, "ROLLED_BACK": .rolledBack])
        add(ReopenCode.self, ["OPEN_ALREADY": .openAlready, "REOPENED": .reopened])
        add(LeadCode.self, ["FOLLOWS": .follows, "LEADS": .leads])
        add(EnlistCode.self, ["ENLIST_REFUSED": .refused, "ENLIST_DONE": .done])
        add(SwitchField.self, ["OPERATORS_EDITION": .operatorsEdition])
        add(Store.TokenOutcome.self, ["OPERATOR_UNKNOWN": .unknown, "OPERATOR_TOO_MANY": .tooMany])
        add(PointCode.self, ["POINT_OUTDATED": .outdated])
        add(SampleCode.self, ["SAMPLE_OUTDATED": .outdated])
    }

    private mutating func addWebhooks() {
        add(
            WebhookCode.self,
            [
                "WEBHOOK_CREATED": .created, "WEBHOOK_UPDATED": .updated, "WEBHOOK_REPLAYED": .replayed,
                "WEBHOOK_UNKNOWN": .unknown, "WEBHOOK_TOO_MANY": .tooMany, "WEBHOOK_URL_MISSING": .urlMissing,
                "WEBHOOK_FENCED": .fenced, "WEBHOOK_CHANGED": .changed,
            ])
        add(
            WebhookField.self,
            [
                "WEBHOOK_URL": .url, "WEBHOOK_MADE": .made, "WEBHOOK_EDITION": .edition,
                "WEBHOOK_SECRET": .secret, "WEBHOOK_FORMER": .former,
                "WEBHOOK_FORMER_UNTIL": .formerUntil, "WEBHOOK_ROTATED_BY": .rotatedBy, "WEBHOOK_CURSOR": .cursor,
                "WEBHOOK_GAPS": .gaps,
                "WEBHOOK_REPLAYING": .replaying,
            ])
        add(WebhookAct.self, ["ACT_NOTE": .note, "ACT_REMOVE": .remove])
    }

    /// Lengths, and places as Lua counts them: from 1, the last one included.
    private mutating func addLayouts() {
        add("SEGMENT", ResultSegment.length)
        add("SEQUENCE_LENGTH", RecordLayout.quantity.lowerBound)
        add("RECORD_QUANTITY", RecordLayout.quantity.lowerBound + 1)
        add("RECORD_QUANTITY_END", RecordLayout.quantity.upperBound)
        add("RECORD_DIGEST", RecordLayout.digest.lowerBound + 1)
        add("RECORD_DIGEST_END", RecordLayout.digest.upperBound)
        add("RECORD_LENGTH", RecordLayout.length)
        add("DETAILS_DIGEST", RecordLayout.digest.lowerBound - RecordLayout.quantity.lowerBound + 1)
        add("ANSWER_LENGTH", AnswerLayout.length)
        add("ANSWER_NO_REPLAY", AnswerLayout.noReplay)
        add("HOLDER_LENGTH", HolderLayout.length)
        add("CHUNK_QUANTITIES", ChunkLayout.hasQuantities)
        add("CHUNK_DIGESTS", ChunkLayout.hasDigests)
        add("CHUNK_TEXTS", ChunkLayout.headerLength + 1)
        add("BATCH_TEXTS", ChunkLayout.headerLength - ChunkLayout.stampLength + 1)
        add("QUANTITY_LENGTH", ChunkLayout.quantityLength)
        add("DIGEST_LENGTH", ChunkLayout.digestLength)
        add("MOVEMENT_LENGTH", LedgerLayout.length)
        add("PLACE_END", LedgerPosition.end)
    }

    private mutating func addBounds() {
        add("ATTEMPTS", FlightLayout.attempts)
        add("LAST_SEQUENCE", Limits.sequence.upperBound)
        add("RECORDS_PER_USER", Limits.purchasesPerUser)
        add("MOST_STOCK", Limits.stock.upperBound)
        add("MOST_WAITING", Limits.queueLimit.upperBound)
        add("RUN_ID_LENGTH", 40)
        add("SECONDS_KEPT", Limits.seriesSeconds)
        add("MINUTES_KEPT", Limits.seriesMinutes)
        add("SERIES_KEPT", Limits.seriesKept.wholeMilliseconds / 1_000)
    }

    private mutating func addTexts() {
        add(
            ItemKey.self,
            [
                "META_KEY": .meta, "QUEUE_KEY": .queue, "RESULTS_KEY": .results, "LEDGER_KEY": .ledger,
                "FLIGHT_KEY": .flight, "REFUNDS_KEY": .refunds, "TAKEN_KEY": .taken, "PAST_KEY": .past,
                "PAST_CHUNKS_KEY": .pastChunks, "DELETED_KEY": .deleted,
            ])
        add("REFUND_RETURNED", RefundLayout.returned)
        add("REFUND", RefundLayout.text)
        add("KEPT_FIELD", MetaField.kept)
        add(NotificationKind.self, ["SETTINGS_CHANGED": .settingsChanged, "COUNTERS_CHANGED": .countersChanged])
        add(
            AlterWord.self,
            [
                "ACT_PAUSE": .pause, "ACT_HOLD": .hold, "ACT_RESUME": .resume, "ACT_CLOSE": .close,
                "ACT_THAW": .thaw, "ACT_RESTOCK": .restock,
            ])
        add("SEQUENCE", RecordLayout.sequence)
        add("QUANTITY", ChunkLayout.quantity)
        add("SEQUENCE_AND_QUANTITY", RecordLayout.sequenceAndQuantity)
        add("NUMBERED_DETAILS", RecordLayout.numberedDetails)
        add("CHUNK_HEADER", ChunkLayout.header)
        add("CHUNK_STAMP", ChunkLayout.stamp)
        add("FLIGHT_HEAD", FlightLayout.head)
        add("FLIGHT_RECORD", FlightLayout.fixed)
        add("RUN", RunLayout.pack)
        add("MOVEMENT_KIND", LedgerLayout.kind)
        add("MOVEMENT_RANGE", LedgerLayout.range)
        add("LEDGER_VERSION", LedgerLayout.version)
        add("LEDGER_MOVEMENTS", LedgerLayout.movements)
        add("LEDGER_STOCK", LedgerLayout.stock)
        add("LEDGER_REFERENCES", LedgerLayout.references)
        add("MOVEMENT", LedgerLayout.movement)
        add("MOVEMENT_RUN", RunOfEvents.pack)
        add("NO_ENTRY", LedgerLayout.noEntry)
        add("ENTRY_ID", LedgerLayout.id)
        add("FEED_POINTER", PointerLayout.field)
        add("POINT", SeriesLayout.point)
        add("POINT_TIME", SeriesLayout.time)
    }
}
