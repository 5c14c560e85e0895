import Foundation
import LoadKit

exit(Programs.load(Array(CommandLine.arguments.dropFirst())).rawValue)
