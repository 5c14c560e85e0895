import EventLoop
import Testing

@testable import HTTPServer

private let all: [ConnectionState] = [
    .idle, .readingHead, .readingBody, .answering, .streaming, .finishing(.close), .finishing(.linger), .lingering,
    .closed,
]

extension ConnectionState {
    /// The state after an event.
    fileprivate func after(_ event: (inout ConnectionState) -> Void) -> ConnectionState {
        var state = self
        event(&state)
        return state
    }
}

@Suite struct ConnectionStateTests {
    @Test func `a request goes from idle to answering, whole or in parts, and back`() {
        var state = ConnectionState.idle
        state.requestArrived()
        #expect(state == .answering && !state.mayRead)
        state.answered(then: nil)
        #expect(state == .idle && state.outputSent() == .goOn)
        #expect(state.requestIncomplete(isHeadComplete: false) == .head)
        #expect(
            state == .readingHead && state.requestIncomplete(isHeadComplete: false) == nil, "one clock for the head")
        #expect(state.requestIncomplete(isHeadComplete: true) == .body)
        #expect(state == .readingBody && state.requestIncomplete(isHeadComplete: true) == nil)
        state.requestArrived()
        #expect(state == .answering)
    }

    @Test func `only a connection that takes requests may read`() {
        #expect(all.filter(\.mayRead) == [.idle, .readingHead, .readingBody])
    }

    @Test func `the last answer is sent, then the connection ends as announced`() {
        var state = ConnectionState.answering.after { $0.answered(then: .close) }
        #expect(state == .finishing(.close) && state.outputSent() == .close)
        state = .answering.after { $0.answered(then: .linger) }
        #expect(state == .finishing(.linger) && state.outputSent() == .linger)
        #expect(state == .lingering && state.outputSent() == .goOn, "our end of stream is sent once")
    }

    @Test func `a refusal lingers, so that it can be read, and so does the end of an idle connection`() {
        for state in [ConnectionState.idle, .readingHead, .readingBody] {
            #expect(state.after { $0.requestRefused() } == .finishing(.linger))
        }
        #expect(ConnectionState.idle.after { $0.drained() } == .finishing(.linger))
    }

    @Test func `it is closed once`() {
        for state in all where state != .closed {
            var state = state
            #expect(state.closed() && state == .closed && !state.closed())
        }
    }

    @Test func `input is received where a request may be read, else held back, and discarded at the end`() {
        func reaction(_ state: ConnectionState, isBlocked: Bool = false, isQueued: Bool = false)
            -> ConnectionState.Reaction
        { state.ready(.readable, isBlocked: isBlocked, isQueued: isQueued) }
        for state in all {
            let expected: ConnectionState.Reaction =
                state.mayRead ? .receive : state == .lingering ? .discard : state == .closed ? .none : .holdBack
            #expect(reaction(state) == expected, "\(state)")
        }
        #expect(reaction(.idle, isBlocked: true) == .holdBack && reaction(.idle, isQueued: true) == .holdBack)
    }

    @Test func `room in the socket is used by what waits for it, and a failure ends what waits for nothing`() {
        for state in all where state != .closed && state != .lingering {
            #expect(state.ready([.writable, .readable], isBlocked: true, isQueued: false) == .flush)
            #expect(state.ready(.failed, isBlocked: false, isQueued: false) == .close)
            #expect(state.ready(.writable, isBlocked: false, isQueued: false) == .none)
        }
        #expect(ConnectionState.lingering.ready(.failed, isBlocked: false, isQueued: false) == .discard)
        #expect(ConnectionState.closed.ready(.failed, isBlocked: true, isQueued: true) == .none)
    }

    @Test func `a deadline refuses a request that is incomplete, and closes everything else`() {
        for state in all where state != .closed {
            let isIncomplete = state == .readingHead || state == .readingBody
            #expect(state.expired(isBlocked: false) == (isIncomplete ? .refuse : .close), "\(state)")
            #expect(state.expired(isBlocked: true) == (state == .lingering ? .close : .closeSlowReader), "\(state)")
        }
    }

    @Test func `it waits for room first, then for the missing part of a request, or for the next one`() {
        func awaited(
            _ state: ConnectionState, isBlocked: Bool = false, isQueued: Bool = false, hasInput: Bool = false
        ) -> ConnectionState.Awaited {
            state.awaited(isBlocked: isBlocked, isQueued: isQueued, hasInput: hasInput)
        }
        #expect(awaited(.idle) == .request && awaited(.idle, hasInput: true) == .readable)
        #expect(awaited(.readingHead) == .readable && awaited(.readingBody, hasInput: true) == .readable)
        #expect(awaited(.answering) == .nothing && awaited(.finishing(.linger)) == .nothing)
        for state in all {
            let mayWait = state != .closed && state != .lingering
            #expect(awaited(state, isBlocked: true) == (mayWait ? .writable : .nothing))
            #expect(awaited(state, isBlocked: true, isQueued: true) == .nothing, "its turn comes without the kernel")
        }
    }

    @Test func `events that can't be trap`() async {
        await #expect(processExitsWith: .failure) {
            var state = ConnectionState.idle
            state.answered(then: nil)
        }
        await #expect(processExitsWith: .failure) {
            var state = ConnectionState.answering
            state.requestArrived()
        }
        await #expect(processExitsWith: .failure) {
            var state = ConnectionState.answering
            state.drained()
        }
        await #expect(processExitsWith: .failure) {
            _ = ConnectionState.closed.expired(isBlocked: false)
        }
    }
}
