import Glibc
nonisolated(unsafe) var debugOn = getenv("DBG") != nil
func dbg(_ text: @autoclosure () -> String) { if debugOn { print("      \(text())") } }
func r2(_ x: Double) -> Double { (x * 100).rounded() / 100 }
