import Base

extension ServiceSettings {
    /// Applies the fields of a JSON object; what is left out stays, `null` is "never" or "none".
    ///
    /// - Throws: which field is wrong, and nothing is changed then.
    mutating func change(by body: Span<UInt8>) throws(JSONError) {
        var changed = self
        try JSONReader.read(body) { (json) throws(JSONError) in
            var seen = JSONSeenFields()
            try json.beginObject()
            while let key = try json.nextKey() {
                if try changed.readWork(&json, key, &seen) { continue }
                if try changed.readCollapse(&json, key, &seen) { continue }
                guard try changed.readAnswers(&json, key, &seen) else {
                    // A typing error in a rehearsal must not pass for a setting without effect.
                    throw json.failure(.mustBe("made of the fields that GET /control shows"))
                }
            }
        }
        self = changed
    }

    private mutating func readWork(
        _ json: inout JSONReader, _ key: JSONText, _ seen: inout JSONSeenFields
    ) throws(JSONError) -> Bool {
        if try json.matches(key, "slots", once: 0, in: &seen) {
            slots = Int(try json.integer(in: 1...100_000))
        } else if try json.matches(key, "service_us", once: 1, in: &seen) {
            serviceTime = .microseconds(try json.integer(in: 0...3_600_000_000))
        } else if try json.matches(key, "variation_percent", once: 2, in: &seen) {
            variationPercent = try json.integer(in: 0...100)
        } else if try json.matches(key, "slow_down_percent", once: 3, in: &seen) {
            slowDownPercent = try json.integer(in: 1...1_000_000)
        } else {
            return false
        }
        return true
    }

    private mutating func readCollapse(
        _ json: inout JSONReader, _ key: JSONText, _ seen: inout JSONSeenFields
    ) throws(JSONError) -> Bool {
        if try json.matches(key, "collapse_above", once: 4, in: &seen) {
            collapseAbove = try json.null() ? nil : Int(try json.integer(in: 1...1_000_000))
        } else if try json.matches(key, "collapse_factor", once: 5, in: &seen) {
            collapseFactor = try json.integer(in: 1...1_000)
        } else if try json.matches(key, "collapse_errors_per_mille", once: 6, in: &seen) {
            collapseErrorsPerMille = try json.integer(in: 0...1_000)
        } else if try json.matches(key, "calm_per_second", once: 7, in: &seen) {
            calmPerSecond = Int(try json.integer(in: 0...1_000_000))
        } else if try json.matches(key, "calm_ms", once: 8, in: &seen) {
            calm = .milliseconds(try json.integer(in: 0...600_000))
        } else {
            return false
        }
        return true
    }

    private mutating func readAnswers(
        _ json: inout JSONReader, _ key: JSONText, _ seen: inout JSONSeenFields
    ) throws(JSONError) -> Bool {
        if try json.matches(key, "busy_status", once: 9, in: &seen) {
            busyStatus = Int(try json.integer())
            guard busyStatus == 429 || busyStatus == 503 else { throw json.failure(.mustBe("429 or 503")) }
        } else if try json.matches(key, "retry_after_seconds", once: 10, in: &seen) {
            retryAfterSeconds = try json.null() ? nil : try json.integer(in: 0...3_600)
        } else if try json.matches(key, "answer_late_ms", once: 11, in: &seen) {
            answerLate = try json.null() ? nil : .milliseconds(try json.integer(in: 0...600_000))
        } else if try json.matches(key, "faults_per_mille", once: 12, in: &seen) {
            try faults.read(&json)
            guard faults.sum <= 1_000 else { throw json.failure(.mustBe("shares of at most 1000 in all")) }
        } else {
            return false
        }
        return true
    }

    /// All settings, by the names that `change` reads.
    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("slots", Int64(slots))
        json.field("service_us", serviceTime.wholeMicroseconds)
        json.field("variation_percent", variationPercent)
        json.field("slow_down_percent", slowDownPercent)
        json.field("collapse_above", collapseAbove.map { Int64($0) })
        json.field("collapse_factor", collapseFactor)
        json.field("collapse_errors_per_mille", collapseErrorsPerMille)
        json.field("calm_per_second", Int64(calmPerSecond))
        json.field("calm_ms", calm.wholeMilliseconds)
        json.field("busy_status", Int64(busyStatus))
        json.field("retry_after_seconds", retryAfterSeconds)
        json.field("answer_late_ms", answerLate.map(\.wholeMilliseconds))
        json.key("faults_per_mille")
        faults.write(to: &json)
        json.endObject()
    }
}

extension FaultShares {
    mutating func read(_ json: inout JSONReader) throws(JSONError) {
        var seen = JSONSeenFields()
        try json.beginObject()
        while let key = try json.nextKey() {
            if try json.matches(key, "fail_before", once: 0, in: &seen) {
                failBefore = try json.integer(in: 0...1_000)
            } else if try json.matches(key, "fail_after_apply", once: 1, in: &seen) {
                failAfterApply = try json.integer(in: 0...1_000)
            } else if try json.matches(key, "timeout_after_apply", once: 2, in: &seen) {
                timeoutAfterApply = try json.integer(in: 0...1_000)
            } else if try json.matches(key, "wrong_body", once: 3, in: &seen) {
                wrongBody = try json.integer(in: 0...1_000)
            } else if try json.matches(key, "reset", once: 4, in: &seen) {
                reset = try json.integer(in: 0...1_000)
            } else if try json.matches(key, "busy", once: 5, in: &seen) {
                busy = try json.integer(in: 0...1_000)
            } else if try json.matches(key, "refuse", once: 6, in: &seen) {
                refuse = try json.integer(in: 0...1_000)
            } else {
                throw json.failure(.mustBe("made of the faults that GET /control shows"))
            }
        }
    }

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("fail_before", failBefore)
        json.field("fail_after_apply", failAfterApply)
        json.field("timeout_after_apply", timeoutAfterApply)
        json.field("wrong_body", wrongBody)
        json.field("reset", reset)
        json.field("busy", busy)
        json.field("refuse", refuse)
        json.endObject()
    }
}
