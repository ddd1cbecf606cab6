def test_films_a_user_rated_score_higher_than_others(model, ratings):
    rated = ratings.movies[ratings.users == 0]
    scores = model.scores(ratings.user_ids[0])
    assert scores[rated].mean() > scores.mean()
