"""On-premises Exchange by Exchange Web Services (EWS).

learn.microsoft.com/exchange/client-developer is what is cited here as EWS.
"""
