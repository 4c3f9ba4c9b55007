"""The release; read by packaging, the API description and the service worker."""

VERSION = "0.1.0"
