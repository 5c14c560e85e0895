extension Plan {
    /// For programs: the same figures, units last in their names, null where there is none.
    public var json: JSONValue {
        .object([
            "slots": .integer(Int64(conditions.slots)),
            "capacity_per_second": .number(conditions.capacityPerSecond),
            "utilisation": .number(line.utilisation),
            "stable": .bool(line.isStable),
            "long_run": longRun,
            "sale": sale,
            "needs": needs,
        ])
    }

    private var longRun: JSONValue {
        .object([
            "growth_per_second": .number(max(0, line.growthPerSecond)),
            "waiting_probability": .number(line.probabilityOfWaiting),
            "wait_mean_ms": milliseconds(line.meanWait),
            "wait_p50_ms": milliseconds(line.wait(quantile: 0.5)),
            "wait_p90_ms": milliseconds(line.wait(quantile: 0.9)),
            "wait_p99_ms": milliseconds(line.wait(quantile: 0.99)),
            "queue_mean": number(line.meanQueue),
            "in_system_mean": number(line.meanInSystem),
        ])
    }

    private var sale: JSONValue {
        .object([
            "queue_limit": .number(conditions.queueLimit),
            "opening_arrivals_per_second": .number(conditions.openingPerSecond),
            "peak_waiting": .number(peakWaiting),
            "peak_after_ms": milliseconds(course.peakSeconds),
            "queue_full_after_ms": milliseconds(course.fullSeconds),
            "refused_queue_full": .number(course.refusedFull),
            "refused_sold_out": .number(course.refusedSoldOut),
            "admitted": .number(course.admitted),
            "sold_out_after_ms": milliseconds(course.soldOutSeconds),
            "losers_told_after_ms": milliseconds(course.soldOutSeconds),
            "last_winner_wait_ms": milliseconds(lastWinnerWait),
            "first_loser_wait_ms": milliseconds(course.longestLoserWait),
            "losers_waiting": .number(course.losers),
        ])
    }

    private var needs: JSONValue {
        .object([
            "polls_per_second": .number(pollsPerSecond),
            "polls_paused_per_second": .number(stalledPollsPerSecond),
            "requests_per_second": .number(requestsPerSecond),
            "queue_cores": .number(queueCores),
            "redis_cores": .number(redisCores),
            "worker_cores": .number(workerCores),
            "redis_bytes": .number(redisBytes),
            "connections": .number(connections),
            "connection_bytes": .number(connectionBytes),
        ])
    }

    private func number(_ value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }
    private func milliseconds(_ seconds: Double?) -> JSONValue { number(seconds.map { $0 * 1_000 }) }
}
