/// How many calls wait inside a service, looked at once a second.
struct ServiceQueue {
    private var (sum, seconds) = (0.0, 0.0)

    mutating func look(at service: ServiceModel) {
        guard service.busy > 0 else { return }
        sum += Double(service.waiting) / Double(service.slots)
        seconds += 1
    }

    /// Calls for each slot, over the seconds in which it worked.
    var mean: Double { seconds > 0 ? sum / seconds : 0 }
}
