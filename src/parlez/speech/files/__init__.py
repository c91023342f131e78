"""Files of sound: read and written in processes that can be killed."""
