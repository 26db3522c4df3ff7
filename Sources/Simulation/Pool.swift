/// Values on their way, by number, in places that are used again: what is in flight allocates nothing.
struct Pool<Value> {
    private var places: [Value] = []
    private var free: [Int] = []

    /// Takes a place.
    ///
    /// - Parameter make: Makes the value of a place that was never used.
    /// - Returns: The place's number.
    mutating func take(_ make: () -> Value) -> Int {
        if let place = free.popLast() { return place }
        places.append(make())
        return places.count - 1
    }

    /// Gives a place back.
    mutating func giveBack(_ place: Int) { free.append(place) }

    subscript(place: Int) -> Value {
        get { places[place] }
        _modify { yield &places[place] }
    }
}
