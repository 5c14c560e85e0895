import CFuzzer
public import FuzzTargets

/// Runs one target under libFuzzer, with the flags and corpus folders of the command line.
public enum FuzzDriver {
    // libFuzzer calls back with bytes and nothing else, so what to run is kept here; set once, before it starts.
    fileprivate nonisolated(unsafe) static var target = FuzzTarget.http

    public static func run(_ target: FuzzTarget) {
        unsafe self.target = target
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = unsafe CommandLine.unsafeArgv
        _ = unsafe LLVMFuzzerRunDriver(&count, &arguments) { bytes, count in unsafe fuzz(bytes, count) }
    }
}

/// The name by which libFuzzer's library looks for its callback when it is linked.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    unsafe FuzzDriver.target.run(UnsafeBufferPointer(start: bytes, count: count).span)
    return 0
}
