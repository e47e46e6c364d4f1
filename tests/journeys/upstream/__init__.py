"""A model server that plays scripts: what stands behind the models of the journeys. Standard library only.

    python -S -m tests.journeys.upstream --port 5800 --name alpha

    --port N             listen here, on 127.0.0.1
    --name TEXT          what it calls itself
    --ready S            /health answers 503 until S seconds after the start, while the log tells how far it is
    --exit CODE          print two lines to stderr and end with this status
    --scripts FOLDER     more scripts, FOLDER/<name>.json (`scripts.py` says what may stand there)
    --pids FOLDER        write our process ID to FOLDER/<name> (the fake `nvidia-smi` reads it)

What is said is decided by the last message of the user: `play NAME` plays the script NAME, everything else the script
`hello`. What is asked for with GET plays the script of its own name (`voices`, `loras`), if there is one.
`GET /journey/seen` tells what was asked so far and how many answers the client cut short.
"""
