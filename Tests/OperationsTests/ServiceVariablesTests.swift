import Testing

@testable import Operations

/// What is wrong with an environment.
private func problems(_ environment: [String: String]) -> [ConfigurationProblem] {
    let schema = ConfigurationSchema(
        program: "sluice-test", summary: "stands in for a program", options: [KnownOptions.loops.declaration])
    let surroundings = Surroundings(arguments: [], environment: environment, cores: 1) { _, _ in .failure("") }
    if case .refuse(let problems) = schema.load(surroundings) { return problems }
    return []
}

@Test func `what Kubernetes sets for a service named sluice is passed over`() throws {
    var environment: [String: String] = [:]
    for service in ["SLUICE", "SLUICE_QUEUE", "SLUICE_PORT", "SLUICE_A_SERVICE"] {
        let set = [
            "SERVICE_HOST": "10.96.0.12", "SERVICE_PORT": "80", "SERVICE_PORT_HTTP": "80",
            "SERVICE_PORT_HTTP_ADMIN": "8081", "PORT": "tcp://10.96.0.12:80", "PORT_80_TCP": "tcp://10.96.0.12:80",
            "PORT_80_TCP_PROTO": "tcp", "PORT_80_TCP_PORT": "80", "PORT_80_TCP_ADDR": "10.96.0.12",
            "PORT_53_UDP": "udp://[fd00::1]:53", "PORT_53_UDP_ADDR": "fd00::1", "PORT_53_UDP_PROTO": "udp",
            "PORT_9_SCTP": "sctp://10.96.0.12:9", "PORT_9_SCTP_PORT": "9",
        ]
        for (name, value) in set { environment["\(service)_\(name)"] = value }
    }
    environment["SLUICE_LOOPS"] = "2"
    #expect(problems(environment).isEmpty)
}

@Test(arguments: [
    ("SLUICE_LISTEM", "127.0.0.1:80"), ("SLUICE_PORT", "8080"), ("SLUICE_PORT_80_TCP_ADR", "10.0.0.1"),
    ("SLUICE_SERVICE_HOSTS", "10.0.0.1"), ("SLUICE_SERVICE_HOST", "shop.example.com"), ("SLUICE_SERVICE_PORT", "http"),
    ("SLUICE_PORT_80_TCP", "http://10.0.0.1"), ("SLUICE_PORT_80_HTTP", "tcp://10.0.0.1"),
    ("SLUICE_PORT_80_TCP_PORT", "81"), ("SLUICE_", "1"), ("SLUICE_HOST", "10.0.0.1"),
])
func `a variable that is not injected stays an error`(name: String, value: String) {
    #expect(problems([name: value]).count == 1)
}

@Test func `no setting of ours has the shape of what Kubernetes sets`() {
    for name in KnownOptions.all.flatMap(\.names).map(OptionDeclaration.environmentName) {
        for value in ["tcp://10.0.0.1:80", "80", "10.0.0.1", "tcp", "None"] {
            #expect(!ServiceVariables.contain(name, value), "\(name)")
        }
    }
}
