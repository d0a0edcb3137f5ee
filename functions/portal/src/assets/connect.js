// The live stages of a connection check. The page works without it.
