import Testing

/// What must hold of all schedulers together, whatever fails.
@Suite struct LeaseTests {
    @Test(arguments: UInt64(1)...500)
    func `never do two grant at once, no term is led twice, and in a calm one leads`(seed: UInt64) {
        var run = LeaseRun(nodes: 3, seed: seed)
        run.run(seconds: 40, calmFrom: 33)
        #expect(run.violations.isEmpty)
        #expect(Set(run.terms).count == run.terms.count, "\(run.terms)")
        #expect(run.mayGrant.count == 1 && run.terms.count > 1)
    }
}
