The next model waits until the memory of the stopped one is really free (`memory.settle`), and a start that failed for want of memory says so.
