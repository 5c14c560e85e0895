import Domain
import Testing

@testable import QueueModule

private func name(_ text: String) -> String? {
    let bytes = Array(text.utf8)
    return itemName(bytes.span, 0..<bytes.count)?.description
}

@Test(arguments: [
    ("shoes", "shoes"), ("sh%6fes", "shoes"), ("%73%68%6F%65%73", "shoes"), ("a%2Db%5Fc", "a-b_c"), ("%41", "A"),
])
func `an escaped letter of a name is that letter`(path: String, means: String) {
    #expect(name(path) == means)
}

@Test(arguments: ["sh%6", "sh%", "sh%zz", "a%2Fb", "a%20b", "%25", "a%2E", "%C3%A9", ""])
func `what is no letter of a name makes none`(path: String) {
    #expect(name(path) == nil)
}
