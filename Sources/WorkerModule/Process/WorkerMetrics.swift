import Domain
import Operations

extension MetricsPage {
    mutating func add(_ figures: WorkerFigures, inFlight: Int) {
        counter("sluice_deductions_total", help: "calls that took purchases", Int64(clamping: figures.deductions))
        counter("sluice_winners_total", help: "purchases taken", Int64(clamping: figures.winners))
        let help: StaticString = "ends of attempts, as the store answered"
        for (outcome, value) in [
            ("settled", figures.settled), ("repeated", figures.repeated), ("fenced", figures.fenced),
            ("unknown", figures.unknown),
        ] {
            counter("sluice_settles_total", help: help, labels: ["outcome": outcome], Int64(clamping: value))
        }
        counter(
            "sluice_recalled_total", help: "purchases found again after a lost reply", Int64(clamping: figures.recalled)
        )
        counter(
            "sluice_doubts_total", help: "purchases that came into doubt for want of an answer",
            Int64(clamping: figures.inDoubt))
        counter(
            "sluice_doubts_asked_again_total", help: "purchases in doubt that were asked for again",
            Int64(clamping: figures.revived))
        counter(
            "sluice_store_failures_total", help: "calls that the store failed", Int64(clamping: figures.storeFailures))
        gauge("sluice_in_flight", help: "taken and not settled", Int64(inFlight))
        summary(
            "sluice_sink_execution_seconds", help: "time of an order in its slot", figures.execution,
            unit: .microseconds)
    }

    mutating func add(_ sink: WebhookSink) {
        let figures = sink.figures
        for (result, value) in [
            ("confirmed", figures.confirmed), ("refused", figures.refused), ("busy", figures.busy),
            ("unknown", figures.unknown),
        ] {
            counter(
                "sluice_sink_calls_total", help: "calls to the order service, by what came back",
                labels: ["result": result], Int64(clamping: value))
        }
        counter(
            "sluice_sink_repeated_calls_total", help: "calls for a purchase that was called for before",
            Int64(clamping: figures.repeated))
        summary(
            "sluice_sink_call_seconds", help: "time of a call to the order service", figures.duration,
            unit: .microseconds)
        gauge("sluice_sink_calls_under_way", help: "calls without an answer as yet", Int64(sink.underWay))
        gauge("sluice_sink_waiting", help: "purchases that wait for their call or their next one", Int64(sink.waiting))
    }

    mutating func add(_ breaker: BreakerDriver, state: BreakerState) {
        let machine = breaker.machine
        gauge(
            "sluice_breaker_state", help: "0 closed, 1 open, 2 half-open", labels: ["group": breaker.group],
            state.rawValue)
        gauge(
            "sluice_breaker_tripped", help: "1 while the rule says open, in whichever mode",
            labels: ["group": breaker.group], machine.isTripped ? 1 : 0)
        counter(
            "sluice_breaker_opened_total", help: "times that it opened, or would have",
            labels: ["group": breaker.group], machine.opened)
    }
}
