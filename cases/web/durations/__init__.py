"""Where patients are stuck: the board of a pathway's stages, the page of one stage, the cases behind their numbers."""
