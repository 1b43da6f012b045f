"""GeoReport v2 and its service-request-updates extension: the interface that apps and other cities' systems know.

Every answer is described once and written as XML or JSON (``formats``); every error below ``/open311`` has Open311's
own form (``errors``). Reading needs no key and tells only what everybody may know; a partner's key lets it file and
comment.
"""
