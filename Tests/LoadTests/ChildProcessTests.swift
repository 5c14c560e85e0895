import LoadKit
import Testing

@Test func `a child is started, read and stopped, and its exit is known`() throws {
    let child = try ChildProcess(
        ["/bin/sh", "-c", "trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done"], errorPath: "/dev/null")
    #expect(child.nextLine(within: .seconds(5)) == "ready")
    #expect(child.stop(within: .seconds(5)) == .exited(code: 7))
    let missing = try ChildProcess(["/nonexistent/program"], errorPath: "/dev/null")
    #expect(missing.nextLine(within: .seconds(5)) == nil)
    #expect(missing.stop(within: .seconds(5)) == .exited(code: 127))
}
