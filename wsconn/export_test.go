package wsconn

// ForcePortable has servers work as on a system without a poller.
func ForcePortable() { portableOnly = true }
