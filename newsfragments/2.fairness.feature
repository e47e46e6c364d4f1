A waiting request is overtaken for at most `maxWait` seconds, and waiting no longer counts against `concurrencyLimit`: `queueSize` and `queueTimeout` bound it.
