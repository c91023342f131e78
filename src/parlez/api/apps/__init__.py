"""The dialect of the Vanus App API: an app behind an address of its own."""
