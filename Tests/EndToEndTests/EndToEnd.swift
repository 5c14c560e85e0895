import TestKit
import Testing

// DESIGN. Black boxes: the built programs, started as a user starts them, spoken to over HTTP, killed by signals.
// One root suite, because `.serialized` reaches down through nested suites only: a test that measures time, load or
// the commands of an idle Redis must have the machine for itself.

/// All end-to-end tests, one after the other.
@Suite(.serialized, .timeLimit(.minutes(max(2, Knobs.kills / 15, Knobs.expiryKills / 5)))) struct EndToEnd {}
