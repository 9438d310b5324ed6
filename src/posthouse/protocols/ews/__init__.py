"""Exchange Web Services: requests as bytes, answers as objects.

learn.microsoft.com/exchange/client-developer/web-service-reference is what is cited here as EWS.
"""
