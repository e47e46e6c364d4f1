The page Performance charts graphics cards and system over up to an hour, with swaps marked and as tables too; Hardware tells what the machine is made of, as a text for bug reports as well.
