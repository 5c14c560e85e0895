import Foundation
import LoadKit

exit(Programs.rush(Array(CommandLine.arguments.dropFirst())).rawValue)
