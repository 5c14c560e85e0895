import FuzzDriver
import FuzzTargets

@main
enum Entry {
    static func main() { FuzzDriver.run(.purchase) }
}
