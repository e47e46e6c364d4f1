No model outlives the server: after a crash the next start ends what the last run left behind.
