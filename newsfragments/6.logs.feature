The page of logs follows everything, the server, all models or one, two at a time: in colour, with a regular expression as a filter, at 20,000 lines in two seconds.
