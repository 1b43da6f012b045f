"""The HTTP interface: views parse, call and answer; what goes in and out is described by the schemas."""
